"""A site on the loopback, and visitors of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientTimeout

from bot.assembly import Core
from tests.web.sites import Site, Visitor

FRIEND = "https://clinic.example"  # a site whose pages may call


@pytest.fixture
async def site(core: Core) -> AsyncIterator[Site]:
    """The application with the real pack; pages of ``FRIEND`` may call it."""
    site = await Site(core, allowed_origins=(FRIEND,)).start()
    yield site
    await site.stop()


@pytest.fixture
async def web_client() -> AsyncIterator[ClientSession]:
    """A client that gives up after ten seconds."""
    async with ClientSession(timeout=ClientTimeout(total=10)) as client:
        yield client


@pytest.fixture
async def visitor(web_client: ClientSession, site: Site) -> Visitor:
    """Someone who has just started a conversation."""
    return await Visitor(web_client, site).arrive()


@pytest.fixture
async def stranger(web_client: ClientSession, site: Site) -> Visitor:
    """Someone else, with a conversation of their own."""
    return await Visitor(web_client, site).arrive()


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the processes of one run keep the small pack's index."""
    return tmp_path_factory.mktemp("data")
