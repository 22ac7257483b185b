"""Who may speak in a conversation: the holder of the token given out at its start. The store keeps a hash of it."""

import hashlib
import hmac
import secrets
from collections import OrderedDict

from bot.errors import ConversationUnknown, StoreUnavailable
from bot.model import Conversation, ConversationId
from bot.ports import Clock, Transcript

_GONE = "There is no such conversation, or the token is not its own. Start a new one."


class Sessions:
    """The conversations that were opened or asked for lately, and the store behind them."""

    def __init__(self, transcript: Transcript, clock: Clock, maximum: int) -> None:
        """Take how many to remember; the one idle longest is forgotten first, and is read from the store again."""
        self._transcript, self._clock, self._maximum = transcript, clock, maximum
        self._known: OrderedDict[ConversationId, Conversation] = OrderedDict()
        self._unstored: set[ConversationId] = set()
        self._held: set[ConversationId] = set()

    async def start(self, *, locale: str, country: str | None, is_held: bool = False) -> tuple[ConversationId, str]:
        """Open a conversation; return its id and the token that opens it.

        While the store is away it is kept here, and recorded with the first message that can be. One that is held, since too
        many were opened from one address, is not recorded either until ``let_go``: only danger gets through in it.
        """
        conversation_id, token = ConversationId(secrets.token_urlsafe(16)), secrets.token_urlsafe(32)
        conversation = Conversation(
            id=conversation_id,
            token_hash=hash_of(token),
            locale=locale,
            country=country,
            started_at=self._clock.now(),
        )
        self._remember(conversation)
        self._unstored.add(conversation_id)
        if is_held:
            self._held.add(conversation_id)
        else:
            await self.record(conversation_id)
        return conversation_id, token

    async def record(self, conversation_id: ConversationId) -> None:
        """Record a conversation that could not be recorded when it was opened; it may be away still."""
        if conversation_id not in self._unstored:
            return
        try:
            await self._transcript.start(self._known[conversation_id])
        except (StoreUnavailable, OSError, TimeoutError):
            return  # a message that cannot be recorded either says so to the visitor
        self._unstored.discard(conversation_id)

    def is_held(self, conversation_id: ConversationId) -> bool:
        """Whether a conversation is one too many from its address."""
        return conversation_id in self._held

    def let_go(self, conversation_id: ConversationId) -> None:
        """Treat a conversation as any other from now on."""
        self._held.discard(conversation_id)

    async def of(self, conversation_id: ConversationId, token: str) -> Conversation:
        """Return an open conversation, and count it as used just now.

        Raises:
            ConversationUnknown: there is none, or the token is not its own; which of the two is not said.
            StoreUnavailable: it cannot be told.
        """
        conversation = self._known.get(conversation_id) or await self._transcript.conversation(conversation_id)
        if conversation is None or not _fits(token, conversation.token_hash):
            raise ConversationUnknown(_GONE)
        self._remember(conversation)
        return conversation

    async def may_ask_for_receipt(self, conversation_id: ConversationId, token: str) -> bool:
        """Whether a token opened a conversation that is erased by now."""
        receipt = await self._transcript.receipt(conversation_id)
        return receipt is not None and _fits(token, receipt.token_hash)

    def forget(self, conversation_id: ConversationId) -> None:
        """Forget a conversation that was erased."""
        self._known.pop(conversation_id, None)
        self._unstored.discard(conversation_id)
        self._held.discard(conversation_id)

    def _remember(self, conversation: Conversation) -> None:
        self._known[conversation.id] = conversation
        self._known.move_to_end(conversation.id)
        while len(self._known) > self._maximum:
            oldest, _ = self._known.popitem(last=False)
            self._unstored.discard(oldest)
            self._held.discard(oldest)


def hash_of(token: str) -> bytes:
    """Return what is kept of a token: it is random and long, so SHA-256 needs neither salt nor stretching."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _fits(token: str, token_hash: bytes) -> bool:
    return bool(token_hash) and hmac.compare_digest(token_hash, hash_of(token))
