"""What a channel such as Slack must not forget: what it was given, and how far it has shown each conversation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from bot.model import ConversationId

Role = Literal["asker", "team"]  # where somebody asks, and where responders read along


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A thread outside in which the entries of a conversation appear."""

    conversation_id: ConversationId
    role: Role
    channel: str
    thread: str = ""  # empty where the channel itself is the thread
    user: str = ""  # the only one who may read it, where it is private
    posted_n: int = 0  # up to which entry all has been posted


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A responder's message that was passed on from a thread."""

    conversation_id: ConversationId
    channel: str
    ts: str  # which message it is there
    n: int  # which entry it became
    mark: str = ""  # what the thread was last told of it


class Inbox(Protocol):
    """What was given and acknowledged, until it is dealt with; each thing once, by its key."""

    async def received(self, key: str, payload: str, now: datetime, leased_until: datetime) -> bool:
        """Keep something and lease it; False where it is done, or where somebody has the lease."""
        ...

    async def unfinished(self, now: datetime, leased_until: datetime, limit: int = 20) -> Sequence[tuple[str, str]]:
        """Return, oldest first, keys and payloads whose lease ended before they were done, and lease them anew."""
        ...

    async def renew(self, key: str, leased_until: datetime) -> None:
        """Keep the lease of something that takes longer."""
        ...

    async def finished(self, key: str) -> None:
        """Note that something is done, and forget what it was."""
        ...


class Relays(Protocol):
    """Where conversations appear outside."""

    async def place(self, conversation_id: ConversationId, role: Role) -> Place | None:
        """Return where a conversation appears."""
        ...

    async def place_at(self, role: Role, channel: str, thread: str) -> Place | None:
        """Return what appears in a thread; the newest, where there are several."""
        ...

    async def keep_place(self, place: Place) -> None:
        """Keep where a conversation appears, in place of where it did; nothing for one that was erased."""
        ...

    async def posted(self, conversation_id: ConversationId, role: Role, n: int) -> None:
        """Note up to which entry all has been posted; it never goes back."""
        ...

    async def behind(self, role: Role) -> Sequence[Place]:
        """Return the places whose conversation has entries that were not posted."""
        ...

    async def carry(self, carried: Carried) -> None:
        """Keep what was passed on, and what the thread was told of it."""
        ...

    async def carried(self, conversation_id: ConversationId) -> Sequence[Carried]:
        """Return what was passed on, oldest first."""
        ...

    async def to_clear(self) -> Sequence[tuple[str, str]]:
        """Return channel and thread of each place in which responders read a conversation that was erased since."""
        ...

    async def cleared(self, channel: str, thread: str) -> None:
        """Note that nothing of ours is left in a thread."""
        ...
