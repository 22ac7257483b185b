"""``Inbox`` and ``Relays`` in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.memory.store import ConversationsInMemory
from bot.model import ConversationId
from bot.relays import Carried, Place, Role


@dataclass(slots=True)
class _Given:
    payload: str
    leased_until: datetime
    is_done: bool = False


class RelaysInMemory(ConversationsInMemory):
    """What channels must not forget, beside the conversations it is about."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._given: dict[str, _Given] = {}
        self._places: dict[tuple[ConversationId, Role], Place] = {}
        self._carried: dict[tuple[str, str], Carried] = {}
        self._shown: dict[tuple[str, str], ConversationId] = {}

    async def received(self, key: str, payload: str, now: datetime, leased_until: datetime) -> bool:
        """Keep something and lease it."""
        known = self._given.get(key)
        if known is not None and (known.is_done or known.leased_until > now):
            return False
        self._given[key] = _Given(payload, leased_until)
        return True

    async def unfinished(self, now: datetime, leased_until: datetime, limit: int = 20) -> Sequence[tuple[str, str]]:
        """Return what was not done, and lease it anew."""
        left = [(key, each) for key, each in self._given.items() if not each.is_done and each.leased_until <= now][:limit]
        for _, each in left:
            each.leased_until = leased_until
        return [(key, each.payload) for key, each in left]

    async def renew(self, key: str, leased_until: datetime) -> None:
        """Keep the lease of something."""
        if (given := self._given.get(key)) is not None:
            given.leased_until = leased_until

    async def finished(self, key: str) -> None:
        """Note that something is done."""
        if (given := self._given.get(key)) is not None:
            given.payload, given.is_done = "", True

    async def place(self, conversation_id: ConversationId, role: Role) -> Place | None:
        """Return where a conversation appears."""
        return self._places.get((conversation_id, role)) if conversation_id in self._kept else None

    async def place_at(self, role: Role, channel: str, thread: str) -> Place | None:
        """Return what appears in a thread."""
        there = (
            each
            for each in reversed(self._places.values())
            if (each.role, each.channel, each.thread) == (role, channel, thread)
        )
        return next((each for each in there if each.conversation_id in self._kept), None)

    async def keep_place(self, place: Place) -> None:
        """Keep where a conversation appears."""
        if place.conversation_id in self._kept:
            self._places[place.conversation_id, place.role] = place
            if place.role == "team":
                self._shown[place.channel, place.thread] = place.conversation_id

    async def posted(self, conversation_id: ConversationId, role: Role, n: int) -> None:
        """Note up to which entry all has been posted."""
        if (place := self._places.get((conversation_id, role))) is not None:
            self._places[conversation_id, role] = replace(place, posted_n=max(n, place.posted_n))

    async def behind(self, role: Role) -> Sequence[Place]:
        """Return the places whose conversation has entries that were not posted."""
        mine = (each for each in self._places.values() if each.role == role and each.conversation_id in self._kept)
        return [each for each in mine if len(self._kept[each.conversation_id].entries) > each.posted_n]

    async def carry(self, carried: Carried) -> None:
        """Keep what was passed on."""
        if carried.conversation_id in self._kept:
            self._carried[carried.channel, carried.ts] = carried

    async def carried(self, conversation_id: ConversationId) -> Sequence[Carried]:
        """Return what was passed on."""
        return [
            each
            for each in self._carried.values()
            if each.conversation_id == conversation_id and conversation_id in self._kept
        ]

    async def to_clear(self) -> Sequence[tuple[str, str]]:
        """Return the threads of conversations that were erased."""
        return [where for where, conversation_id in self._shown.items() if conversation_id in self._erased]

    async def cleared(self, channel: str, thread: str) -> None:
        """Note that nothing of ours is left in a thread."""
        self._shown.pop((channel, thread), None)
