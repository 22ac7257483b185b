"""A page of somebody else's site, on an origin of its own, that carries the widget under a strict policy."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Self

import pytest_asyncio
from aiohttp import web
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, Request, expect

from bot.assembly import Core
from tests.browser.conftest import DESKTOP, LIMIT_MS
from tests.web.sites import HERE, Site

NEUTRAL = "/neutral"
_PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>A clinic</title>
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">{head}</head>
<body{attributes}><main><h1>A clinic</h1><p>What it does.
<a href="/other">Another page</a></p>{body}</main>{tag}</body></html>"""


class Host:
    """A site that serves one page under ``/`` and any other path, with the policy that docs/widget.md gives."""

    def __init__(self) -> None:
        """Start with nothing on the page."""
        self.head, self.body, self.tag, self.attributes, self.lang, self.policy = "", "", "", "", "en", ""
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> Self:
        """Listen on a free port; ``localhost`` rather than the server's own 127.0.0.1."""
        app = web.Application()
        app.router.add_get(NEUTRAL, self._neutral)
        app.router.add_get("/hostile.css", self._style)
        app.router.add_get("/{path:.*}", self._page)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, HERE, 0).start()
        self.url = f"http://localhost:{self._runner.addresses[0][1]}"
        return self

    async def stop(self) -> None:
        """Stop serving."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _page(self, _request: web.Request) -> web.Response:
        values = {name: getattr(self, name) for name in ("head", "body", "tag", "attributes", "lang")}
        return web.Response(
            text=_PAGE.format(**values), content_type="text/html", headers={"Content-Security-Policy": self.policy}
        )

    async def _neutral(self, _request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>Weather</title><h1>Weather</h1>", content_type="text/html")

    async def _style(self, _request: web.Request) -> web.Response:
        style = "* { all: unset !important } div, button, dialog { display: none !important } p { z-index: 2147483647 }"
        return web.Response(text=style, content_type="text/css")


class Guest:
    """A visitor on the host's page, with the names of what is in the widget."""

    def __init__(self, page: Page, host: Host, site: Site) -> None:
        """Take a page."""
        self.page, self.host, self.site = page, host, site
        self.requests: list[Request] = []
        self.said: list[str] = []
        page.on("request", lambda request: self.requests.append(request))  # noqa: PLW0108 - Playwright cannot mark a builtin
        page.on("console", lambda message: self.said.append(message.text))
        self.launcher = page.get_by_role("button", name="Ask a question")
        self.panel = page.locator("handrail-chat #panel")
        self.field = page.get_by_label("Your question")
        self.log = page.get_by_role("log")
        self.status, self.alert = page.get_by_role("status"), page.get_by_role("alert")
        self.replies = self.log.locator("li.bubble:not(.visitor)")
        self.questions = self.log.locator("li.visitor")
        self.help = page.get_by_role("group", name="Help now")

    async def load(self, path: str = "/") -> Self:
        """Open the page and wait until the widget is on it."""
        await self.page.goto(self.host.url + path)
        await self.page.wait_for_function("document.querySelector('handrail-chat')?.shadowRoot?.firstChild")
        return self

    async def open(self) -> Self:
        """Press the launcher."""
        await self.launcher.click()
        await expect(self.panel).to_be_visible()
        return self

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
        """Return what has the focus, in the widget or beside it: its id, or its text."""
        return str(
            await self.page.evaluate(
                """() => {
                  let one = document.activeElement
                  while (one.shadowRoot?.activeElement) one = one.shadowRoot.activeElement
                  return one.id || one.textContent.trim()
                }"""
            )
        )

    async def stored(self) -> list[Any]:
        """Return what the browser keeps for the host: cookies, and the keys of both storages."""
        kept = "[document.cookie, Object.keys(localStorage), Object.keys(sessionStorage)]"
        return list(await self.page.evaluate(kept))

    async def faults(self) -> list[str]:
        """Return what axe finds wrong, as rule and element."""
        found = await Axe().run(
            self.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
        )
        return [f"{each['id']}: {node['html']}" for each in found.response["violations"] for node in each["nodes"]]

    def refusals(self) -> list[str]:
        """Return what the console says of the host's policy."""
        return [text for text in self.said if "Content Security Policy" in text or "CORS" in text]


Arrive = Callable[..., Awaitable[Guest]]


@pytest_asyncio.fixture(loop_scope="session")
async def host() -> AsyncIterator[Host]:
    """Somebody else's site."""
    host = await Host().start()
    yield host
    await host.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def site(core: Core, host: Host) -> AsyncIterator[Site]:
    """Handrail with the real pack; pages of the host may call it."""
    site = await Site(core, allowed_origins=(host.url,)).start()
    host.policy = f"default-src 'none'; script-src {site.url}; connect-src {site.url}"
    host.tag = f'<script async src="{site.url}/handrail.js" data-exit-url="{host.url}{NEUTRAL}"></script>'
    yield site
    await site.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def arrive(browser: Browser, site: Site, host: Host) -> AsyncIterator[Arrive]:
    """Open the host's page in a fresh profile; fails at the end when the page reported an error."""
    contexts, errors = [], []

    async def arrive(path: str = "/", **options: Any) -> Guest:
        context = await browser.new_context(
            **{"viewport": DESKTOP, "reduced_motion": "reduce", "locale": "en-US", **options}
        )
        contexts.append(context)
        context.set_default_timeout(LIMIT_MS)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return await Guest(page, host, site).load(path)

    yield arrive
    for context in contexts:
        await context.close()
    assert errors == []


@pytest_asyncio.fixture(loop_scope="session")
async def guest(arrive: Arrive) -> Guest:
    """A visitor on a desktop, before anything was opened."""
    return await arrive()
