"""A desk on the loopback, and people who use it."""

from collections.abc import AsyncIterator

import pytest

from bot.assembly import Core
from tests.web.desk.sites import Browser, DeskSite


@pytest.fixture
async def desk(small_core: Core) -> AsyncIterator[DeskSite]:
    """A server with a desk; Dana and Sam are responders, Ed is an editor, Ada is an admin."""
    site = await DeskSite(small_core).start()
    await site.hire("dana")
    await site.hire("sam")
    await site.hire("ed", role="editor")
    await site.hire("ada", role="admin")
    yield site
    await site.stop()


@pytest.fixture
async def stranger(desk: DeskSite) -> AsyncIterator[Browser]:
    """A browser in which nobody is logged in."""
    async with Browser(desk) as browser:
        yield browser


@pytest.fixture
async def dana(desk: DeskSite) -> AsyncIterator[Browser]:
    """Dana, a responder."""
    async with Browser(desk) as browser:
        await browser.enter("dana")
        yield browser


@pytest.fixture
async def sam(desk: DeskSite) -> AsyncIterator[Browser]:
    """Sam, another responder."""
    async with Browser(desk) as browser:
        await browser.enter("sam")
        yield browser


@pytest.fixture
async def ed(desk: DeskSite) -> AsyncIterator[Browser]:
    """Ed, an editor."""
    async with Browser(desk) as browser:
        await browser.enter("ed")
        yield browser


@pytest.fixture
async def ada(desk: DeskSite) -> AsyncIterator[Browser]:
    """Ada, an admin."""
    async with Browser(desk) as browser:
        await browser.enter("ada")
        yield browser
