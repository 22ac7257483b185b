"""What the core needs from outside, as small Protocols; ``bot/memory.py`` has each one in memory."""

from datetime import datetime
from typing import Protocol

from bot.model import ConversationId, Handoff, MessageId, Owner, Turn


class Transcript(Protocol):
    """The record of what was said."""

    async def append(self, turn: Turn, handoff: Handoff | None = None) -> Turn:
        """Record a turn and the handoff it opens in one commit; once per message id.

        Returns:
            The turn as recorded: the first one with this message id in this conversation.

        Raises:
            StoreUnavailable: nothing was recorded.
        """
        ...

    async def of(self, conversation_id: ConversationId) -> list[Turn]:
        """Return the turns of a conversation, oldest first; empty when there are none."""
        ...

    async def find(self, conversation_id: ConversationId, message_id: MessageId) -> Turn | None:
        """Return the turn of a message that was recorded before."""
        ...

    async def erase(self, conversation_id: ConversationId) -> int:
        """Erase a conversation with its handoffs; return how many turns there were."""
        ...


class Handoffs(Protocol):
    """The cases passed to a person."""

    async def opened(self, conversation_id: ConversationId) -> list[Handoff]:
        """Return the handoffs of a conversation, oldest first."""
        ...

    async def owner(self, conversation_id: ConversationId) -> Owner:
        """Return who replies in a conversation now."""
        ...

    async def clear_latch(self, conversation_id: ConversationId, at: datetime) -> None:
        """Note that a responder cleared the crisis of a conversation."""
        ...

    async def latch_cleared_at(self, conversation_id: ConversationId) -> datetime | None:
        """Return when the crisis was cleared last."""
        ...


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        ...
