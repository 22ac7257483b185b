"""What every page of the desk needs, held by its application."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from aiohttp import web

from adapters.web.desk.live import Looks, Streams
from adapters.web.desk.passwords import Passwords
from adapters.web.desk.sessions import Sessions
from adapters.web.desk.templates import Templates
from adapters.web.desk.throttle import Throttle
from adapters.web.presence import Presence
from bot.content import Book
from bot.model import ConversationId
from bot.ports import Changes, Clock, Store, Team
from bot.replies import Replies
from bot.settings import Settings
from bot.staff import Audited, DeskSession
from bot.triage import Triage

_Result = TypeVar("_Result")


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts of the desk."""

    store: Store
    changes: Changes
    presence: Presence
    clock: Clock
    settings: Settings
    replies: Replies
    book: Book
    triage: Triage
    team: Team
    zone: ZoneInfo
    sessions: Sessions
    templates: Templates
    passwords: Passwords = field(default_factory=Passwords)
    throttle: Throttle = field(default_factory=Throttle)
    streams: Streams = field(default_factory=Streams)
    looks: Looks = field(default_factory=Looks)
    under_way: set[asyncio.Task[Any]] = field(default_factory=set)

    async def finish(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Do something to its end, even when whoever asked for it leaves meanwhile."""
        task = asyncio.ensure_future(work)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        return await asyncio.shield(task)

    async def audit(self, me: DeskSession, did: str, conversation_id: ConversationId | None = None) -> None:
        """Add a line to the audit trail."""
        await self.store.audit(Audited(at=self.clock.now(), by=me.account.id, did=did, conversation_id=conversation_id))


PARTS = web.AppKey("parts", Parts)
