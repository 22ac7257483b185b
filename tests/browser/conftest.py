"""Chromium on a site that tests may stop and start, and the page as a visitor has it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from bot.assembly import Core
from tests.web.sites import Site

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run --disable-quic"
).split()
LIMIT_MS = 10_000
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}

Open = Callable[..., Awaitable["Visit"]]


class Visit:
    """A visitor's page, with the names of what is on it."""

    def __init__(self, page: Page, site: Site) -> None:
        """Take a page that has been opened."""
        self.page, self.site = page, site
        self.field = page.get_by_label("Your question")
        self.log = page.get_by_role("log")
        self.status, self.alert = page.get_by_role("status"), page.get_by_role("alert")
        self.replies = self.log.locator("li.bubble:not(.visitor)")
        self.questions = self.log.locator("li.visitor")

    async def ask(self, text: str) -> Locator:
        """Type a question, send it with Enter, and return the reply once it is there."""
        before = await self.replies.count()
        await self.field.fill(text)
        await self.field.press("Enter")
        await expect(self.replies).to_have_count(before + 1)
        return self.replies.last

    def button(self, name: str) -> Locator:
        """A button by its whole name."""
        return self.page.get_by_role("button", name=name, exact=True)

    async def focused(self) -> str:
        """Return what has the focus: its text, or the id it goes by."""
        return str(await self.page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))

    async def faults(self) -> list[str]:
        """Return what axe finds wrong, as rule and element."""
        found = await Axe().run(
            self.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
        )
        return [f"{each['id']}: {node['html']}" for each in found.response["violations"] for node in each["nodes"]]

    async def is_too_wide(self) -> bool:
        """Whether the page can be scrolled sideways."""
        return bool(await self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests; each has a profile of its own in it."""
    expect.set_options(timeout=LIMIT_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def site(core: Core) -> AsyncIterator[Site]:
    """The application with the real pack."""
    site = await Site(core).start()
    yield site
    await site.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, site: Site) -> AsyncIterator[Open]:
    """Open the page, or another path, in a fresh profile; fails at the end when the page reported an error."""
    contexts, errors = [], []

    async def open_page(path: str = "/", **options: Any) -> Visit:
        context = await browser.new_context(
            **{"viewport": DESKTOP, "reduced_motion": "reduce", "locale": "en-US", **options}
        )
        contexts.append(context)
        context.set_default_timeout(LIMIT_MS)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(site.url + path)
        return Visit(page, site)

    yield open_page
    for context in contexts:
        await context.close()
    assert errors == []


@pytest_asyncio.fixture(loop_scope="session")
async def visit(open_page: Open) -> Visit:
    """The page on a desktop."""
    return await open_page()
