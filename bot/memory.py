"""Each port in memory: for tests, and for ``serve`` until a store on disk takes its place. Nothing survives the process."""

from collections import OrderedDict
from datetime import UTC, datetime

from bot.model import ConversationId, Handoff, MessageId, Owner, Turn


class MemoryStore:
    """``Transcript`` and ``Handoffs`` in one, as a real store has them in one database."""

    def __init__(self, max_conversations: int = 10_000) -> None:
        """Take how many conversations to keep; the one idle longest goes first, one with an urgent handoff last."""
        self._max = max_conversations
        self._turns: OrderedDict[ConversationId, OrderedDict[MessageId, Turn]] = OrderedDict()
        self._handoffs: dict[ConversationId, list[Handoff]] = {}
        self._cleared: dict[ConversationId, datetime] = {}

    async def append(self, turn: Turn, handoff: Handoff | None = None) -> Turn:
        """Record a turn and its handoff; once per message id."""
        turns = self._turns.setdefault(turn.conversation_id, OrderedDict())
        self._turns.move_to_end(turn.conversation_id)
        recorded = turns.setdefault(turn.message_id, turn)
        if recorded is turn and handoff is not None:
            self._handoffs.setdefault(turn.conversation_id, []).append(handoff)
        while len(self._turns) > self._max:
            await self.erase(self._dispensable())
        return recorded

    async def of(self, conversation_id: ConversationId) -> list[Turn]:
        """Return the turns of a conversation, oldest first."""
        return list(self._turns.get(conversation_id, {}).values())

    async def find(self, conversation_id: ConversationId, message_id: MessageId) -> Turn | None:
        """Return the turn of a message that was recorded before."""
        turns = self._turns.get(conversation_id)
        return turns.get(message_id) if turns else None

    async def erase(self, conversation_id: ConversationId) -> int:
        """Erase a conversation; return how many turns there were."""
        self._handoffs.pop(conversation_id, None)
        self._cleared.pop(conversation_id, None)
        return len(self._turns.pop(conversation_id, {}))

    async def opened(self, conversation_id: ConversationId) -> list[Handoff]:
        """Return the handoffs of a conversation, oldest first."""
        return list(self._handoffs.get(conversation_id, []))

    async def owner(self, conversation_id: ConversationId) -> Owner:
        """Return who replies: the queue once a handoff is open, else the bot. Nobody can claim one in this store yet."""
        return Owner.QUEUED if self._handoffs.get(conversation_id) else Owner.BOT

    async def clear_latch(self, conversation_id: ConversationId, at: datetime) -> None:
        """Note that a responder cleared the crisis."""
        self._cleared[conversation_id] = at

    async def latch_cleared_at(self, conversation_id: ConversationId) -> datetime | None:
        """Return when the crisis was cleared last."""
        return self._cleared.get(conversation_id)

    def _dispensable(self) -> ConversationId:
        oldest_first = list(self._turns)[:-1]  # never the one that was just written to
        for conversation_id in oldest_first:
            if not any(handoff.urgent for handoff in self._handoffs.get(conversation_id, ())):
                return conversation_id
        return oldest_first[0]


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is set; for tests and for repeatable reports."""

    def __init__(self, at: datetime) -> None:
        """Stop at a time."""
        self.at = at

    def now(self) -> datetime:
        """Return the time it was set to."""
        return self.at
