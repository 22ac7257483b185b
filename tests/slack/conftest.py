"""A site with Slack joined to it, and the fake on the other side."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout, web

from adapters.slack import Parts as SlackParts
from adapters.slack import SlackService
from adapters.slack.pace import Pace
from adapters.web.parts import Parts
from adapters.web.presence import Presence
from adapters.web.server import make_app, make_runner
from bot.assembly import Core
from bot.memory import FixedClock, FixedTeam, LocalChanges, MemoryStore
from bot.settings import Secret, Settings
from tests.conftest import NOON, conversations_of
from tests.slack.fake_slack import HERE, SECRET, FakeSlack, Sender


async def no_wait(_seconds: float) -> None:
    """Let others run, and wait for nothing."""
    await asyncio.sleep(0)


class Site:
    """Handrail with Slack; it may be stopped and started again on the same store."""

    def __init__(self, core: Core, slack: FakeSlack, **settings: Any) -> None:
        """Take what it talks to."""
        self.core, self.slack, self.clock, self.changes = core, slack, FixedClock(NOON), LocalChanges()
        self.store, self.port = MemoryStore(changes=self.changes), 0
        self.given: dict[str, Any] = {
            "slack_api_url": slack.url,
            "slack_bot_token": Secret("xoxb-1"),
            "slack_signing_secret": Secret(SECRET),
            "country": "US",
            **settings,
        }

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{HERE}:{self.port}"

    async def start(self) -> None:
        """Serve."""
        settings = Settings(**self.given)
        self.conversations = conversations_of(self.core, self.store, self.clock, country="US")
        presence = Presence(self.changes, self.clock)
        parts = SlackParts(
            settings=settings,
            conversations=self.conversations,
            book=self.core.book,
            store=self.store,
            clock=self.clock,
            changes=self.changes,
            has_left=lambda conversation_id: presence.visitor(conversation_id).left_at is not None,
            pace=Pace(sleep=no_wait),
        )
        self.service = SlackService(parts)
        web_parts = Parts(
            core=self.core,
            conversations=self.conversations,
            store=self.store,
            changes=self.changes,
            team=FixedTeam(),
            clock=self.clock,
            settings=settings,
            presence=presence,
            routes=self.service.routes,
        )
        self.runner = make_runner(make_app(web_parts))
        await self.runner.setup()
        await web.TCPSite(self.runner, HERE, self.port, reuse_address=True).start()
        self.port = self.runner.addresses[0][1]
        self.task = asyncio.create_task(self.service.run())

    async def stop(self) -> None:
        """Stop serving."""
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task
        await self.service.close()
        await self.runner.cleanup()


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    """The fake."""
    fake = await FakeSlack().start()
    yield fake
    await fake.stop()


@pytest.fixture
async def site(core: Core, slack: FakeSlack) -> AsyncIterator[Site]:
    """Handrail with Slack over HTTP, and a channel for handoffs."""
    site = Site(core, slack, slack_handoff_channel="C0HANDOFF", slack_on_call="S0ONCALL")
    await site.start()
    yield site
    await site.stop()


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    """A client that gives up after ten seconds."""
    async with ClientSession(timeout=ClientTimeout(total=10)) as client:
        yield client


@pytest.fixture
def sender(http: ClientSession, site: Site, slack: FakeSlack) -> Sender:
    """Slack as it calls the site."""
    return Sender(http=http, url=site.url, respond_at=f"http://{HERE}:{slack.port}/respond")
