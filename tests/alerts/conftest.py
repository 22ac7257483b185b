"""What the tests of alerts share: receivers on loopback, channels that do as they are told, and people who wait."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message as Mail
from typing import Any

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope

from adapters.alerts import AppriseChannel, LadderWorker, Notice
from adapters.alerts.channels import open_channels
from bot.handoff import Ladders
from bot.hours import Hours, read_zone
from bot.memory import FixedClock, LocalChanges, MemoryStore
from bot.model import ConversationId, Handoff, Kind, MessageId, Severity
from bot.settings import Secret
from tests.conftest import NOON, a_turn

HERE = ConversationId("c-1")
DESK = "https://help.clinic.example"


@dataclass
class FakeChannel:
    """A channel that keeps what it takes, or fails as told."""

    name: str
    step: int = 0
    fault: Exception | None = None
    hold: asyncio.Event | None = None  # what it waits for before it takes anything
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    taken: list[Notice] = field(default_factory=list)
    tried: int = 0

    async def send(self, notice: Notice) -> None:
        """Take a notice."""
        self.tried += 1
        self.asked.set()
        if self.hold is not None:
            await self.hold.wait()
        if self.fault is not None:
            raise self.fault
        self.taken.append(notice)


@dataclass
class HttpReceiver:
    """A web server that records what it is sent, and answers as told."""

    port: int = 0
    status: int = 200
    hangs: bool = False
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)  # path, headers, body
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        """Record a request."""
        self.asked.append((request.path, dict(request.headers), await request.text()))
        if self.hangs:
            await self.released.wait()
        return web.json_response({}, status=self.status)


@pytest.fixture
async def http() -> AsyncIterator[HttpReceiver]:
    """A web server on a free port."""
    receiver = HttpReceiver()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", receiver.answer)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.port = runner.addresses[0][1]
    yield receiver
    receiver.released.set()
    await runner.cleanup()


@dataclass
class Mailbox:
    """A mail server that keeps what it is sent, or refuses it."""

    port: int = 0
    refuses: bool = False
    mails: list[Mail] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail."""
        if self.refuses:
            return "550 no"
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """A mail server on a free port, without encryption and log-in."""
    box = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, loop=loop, hostname="localhost"), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    yield box
    server.close()
    await server.wait_closed()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def refused_port() -> int:
    """A port on which nobody listens."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def opened() -> Iterator[Callable[..., tuple[AppriseChannel, ...]]]:
    """Open channels by their addresses, one a step, and close them after the test."""
    all_of_them: list[AppriseChannel] = []

    def open_(*urls: str, within_s: float = 8.0) -> tuple[AppriseChannel, ...]:
        channels, faults = open_channels([[Secret(url)] for url in urls], send_within_s=within_s)
        assert faults == ()
        all_of_them.extend(channels)
        return channels

    yield open_
    for channel in all_of_them:
        channel.close()


def a_notice(**changed: Any) -> Notice:
    """Something to tell."""
    notice = Notice(title="URGENT: danger", body="Line one\nLine two", thread="t1", key="t1-0", urgent=True)
    return replace(notice, **changed)


def a_case(
    kind: Kind = Kind.CRISIS, severity: Severity | None = "high", at: datetime = NOON, message_id: str = "m-1"
) -> Handoff:
    """A case for a person."""
    urgent = kind in {Kind.CRISIS, Kind.EMERGENCY}
    return Handoff(
        conversation_id=HERE,
        kind=kind,
        opened_at=at,
        urgent=urgent,
        severity=severity if urgent else None,
        message_ids=(MessageId(message_id),),
    )


@dataclass
class Stage:
    """A worker on a store in memory, with a clock that is set by hand."""

    store: MemoryStore
    clock: FixedClock
    changes: LocalChanges
    worker: LadderWorker
    outcomes: list[str]

    async def opens(self, kind: Kind = Kind.CRISIS, severity: Severity | None = "high", message_id: str = "m-1") -> None:
        """Let a visitor write something that opens a case."""
        handoff = a_case(kind, severity, self.clock.at, message_id)
        turn = replace(a_turn(message_id, kind=kind), at=self.clock.at, visitor_text="MARKED words")
        await self.store.append(turn, handoff)

    async def at(self, minutes: float) -> int:
        """Let the worker look at the store so many minutes after noon."""
        self.clock.at = NOON + timedelta(minutes=minutes)
        return await self.worker.once(self.clock.at)

    async def due_in(self) -> float | None:
        """In how many minutes after noon the ladder goes on."""
        due_at = await self.store.next_due()
        return (due_at - NOON) / timedelta(minutes=1) if due_at else None

    async def outcome(self) -> list[tuple[int, str, str]]:
        """The attempts so far: step, channel, outcome."""
        return [(each.step, each.channel, each.outcome) for each in await self.store.attempts(HERE)]


def a_stage(
    *channels: FakeChannel | AppriseChannel,
    hours: str | None = None,
    store: MemoryStore | None = None,
    **settings: Any,
) -> Stage:
    """Set a worker up."""
    store, clock, changes = store or MemoryStore(), FixedClock(NOON), LocalChanges()
    outcomes: list[str] = []
    arguments = {
        "outbox": store,
        "handoffs": store,
        "transcript": store,
        "channels": channels,
        "ladders": Ladders(),
        "hours": Hours.read(hours, time_zone="Europe/London", country="GB") if hours else None,
        "clock": clock,
        "changes": changes,
        "base_url": DESK,
        "zone": read_zone("Europe/London"),
        "on_attempt": outcomes.append,
        "jitter": lambda: 0.0,
    }
    worker = LadderWorker(**{**arguments, **settings})
    return Stage(store, clock, changes, worker, outcomes)


@asynccontextmanager
async def at_work(worker: LadderWorker) -> AsyncIterator[asyncio.Task[None]]:
    """Run a worker as a task that is cancelled and awaited at the end."""
    task = asyncio.create_task(worker.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=10)
        assert task.cancelled()
