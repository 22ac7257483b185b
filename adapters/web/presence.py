"""Who is at a conversation just now: kept in memory, since it is true for seconds, and told by way of ``Changes``."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model import ConversationId
from bot.ports import Changes, Clock

TYPING_FOR = timedelta(seconds=6)  # a page that is typed on says so every few seconds
MAX_LEFT = 10_000  # conversations of which it is remembered that the visitor left


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """A visitor, as a responder sees them."""

    is_here: bool  # their page is open and listens
    is_typing: bool
    left_at: datetime | None  # when they said that they leave, and have not come back since


class Presence:
    """Who types, who listens, and who left."""

    def __init__(self, changes: Changes, clock: Clock) -> None:
        """Begin with nobody."""
        self._changes, self._clock = changes, clock
        self._streams: Counter[ConversationId] = Counter()
        self._visitor_typed: dict[ConversationId, datetime] = {}
        self._responder_typed: dict[ConversationId, datetime] = {}
        self._left: dict[ConversationId, datetime] = {}

    def listening(self, conversation_id: ConversationId) -> "Listening":
        """Count a visitor's page as open while the block lasts."""
        return Listening(self, conversation_id)

    def came(self, conversation_id: ConversationId) -> None:
        """Count a page as open."""
        self._streams[conversation_id] += 1
        self._left.pop(conversation_id, None)
        self._changes.notify(conversation_id)

    def went(self, conversation_id: ConversationId) -> None:
        """Count a page as closed."""
        self._streams[conversation_id] -= 1
        if not self._streams[conversation_id]:
            del self._streams[conversation_id]
        self._changes.notify(conversation_id)

    def visitor_types(self, conversation_id: ConversationId, *, is_typing: bool) -> None:
        """Note that the visitor types, or stopped."""
        self._note(self._visitor_typed, conversation_id, is_typing=is_typing)

    def responder_types(self, conversation_id: ConversationId, *, is_typing: bool) -> None:
        """Note that the responder types, or stopped."""
        self._note(self._responder_typed, conversation_id, is_typing=is_typing)

    def left(self, conversation_id: ConversationId) -> None:
        """Note that the visitor said goodbye: closed the page, or took the quick exit."""
        self._visitor_typed.pop(conversation_id, None)
        self._left[conversation_id] = self._clock.now()
        while len(self._left) > MAX_LEFT:
            del self._left[next(iter(self._left))]
        self._changes.notify(conversation_id)

    def visitor(self, conversation_id: ConversationId) -> Here:
        """Return where the visitor is."""
        return Here(
            is_here=self._streams[conversation_id] > 0,
            is_typing=self._types(self._visitor_typed, conversation_id),
            left_at=self._left.get(conversation_id),
        )

    def responder_is_typing(self, conversation_id: ConversationId) -> bool:
        """Whether the responder types."""
        return self._types(self._responder_typed, conversation_id)

    def responder_typed_at(self, conversation_id: ConversationId) -> datetime | None:
        """Return when the responder's page last said that they type; None when they don't any more."""
        return self._responder_typed.get(conversation_id) if self.responder_is_typing(conversation_id) else None

    def forget(self, conversation_id: ConversationId) -> None:
        """Forget a conversation that was erased."""
        for known in (self._visitor_typed, self._responder_typed, self._left):
            known.pop(conversation_id, None)

    def _note(self, typed: dict[ConversationId, datetime], conversation_id: ConversationId, *, is_typing: bool) -> None:
        now = self._clock.now()
        for each in [each for each, at in typed.items() if now - at > TYPING_FOR]:
            del typed[each]
        if is_typing:
            typed[conversation_id] = now
        else:
            typed.pop(conversation_id, None)
        self._changes.notify(conversation_id)

    def _types(self, typed: dict[ConversationId, datetime], conversation_id: ConversationId) -> bool:
        at = typed.get(conversation_id)
        return at is not None and self._clock.now() - at <= TYPING_FOR


class Listening:
    """A block within which a page is open. A class, since a generator is three times as large, and thousands are open."""

    __slots__ = ("_conversation_id", "_presence")

    def __init__(self, presence: Presence, conversation_id: ConversationId) -> None:
        """Take whose page it is."""
        self._presence, self._conversation_id = presence, conversation_id

    def __enter__(self) -> None:
        self._presence.came(self._conversation_id)

    def __exit__(self, *_raised: object) -> None:
        self._presence.went(self._conversation_id)
