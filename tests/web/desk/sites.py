"""A server with a desk, visitors who write to it, and responders who use it as a browser does."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from aiohttp import ClientSession, CookieJar
from yarl import URL

from adapters.web.desk.accounts import hash_of, invite
from adapters.web.desk.passwords import Passwords
from adapters.web.parts import PRESENCE, Parts
from adapters.web.presence import Presence
from adapters.web.server import make_app, make_runner
from bot.assembly import Core
from bot.memory import FixedClock, FixedTeam, LocalChanges, MemoryStore
from bot.model import ConversationId, ResponderId, Role, Turn
from bot.ports import Clock, Reach
from bot.settings import Settings
from bot.staff import DeskSession
from tests.conftest import NOON, a_message, conversations_of
from tests.web.sites import HERE

PASSWORD = "four plain words together"
DANGER = "I want to kill myself tonight"


class DeskSite:
    """The application with its desk, on a port of its own."""

    def __init__(self, core: Core, *, clock: Clock | None = None, reach: Reach | None = None, **settings: Any) -> None:
        """Take a core and settings that differ from the usual ones; ``start`` opens it."""
        self.core = core
        self.fixed = FixedClock(NOON)
        self.clock: Clock = clock or self.fixed
        self.changes = LocalChanges()
        self.store = MemoryStore(changes=self.changes)
        self.presence: Presence
        self.team = FixedTeam(reach or Reach())
        self.settings = Settings(**{"country": "US", **settings})
        self.port = 0
        self.runner: Any = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{HERE}:{self.port}"

    async def start(self) -> Self:
        """Serve."""
        from aiohttp import web

        self.conversations = conversations_of(self.core, self.store, self.fixed, country="US")
        self.conversations._clock = self.clock
        parts = Parts(
            core=self.core,
            conversations=self.conversations,
            store=self.store,
            changes=self.changes,
            team=self.team,
            clock=self.clock,
            settings=self.settings,
        )
        app = make_app(parts)
        self.presence = app[PRESENCE]
        self.runner = make_runner(app)
        await self.runner.setup()
        await web.TCPSite(self.runner, HERE, self.port, reuse_address=True).start()
        self.port = self.runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        """Stop serving."""
        if self.runner is not None:
            await self.runner.cleanup()
            self.runner = None

    async def write(self, text: str, conversation: str = "c-1") -> Turn:
        """Let a visitor write."""
        turn = await self.conversations.handle(a_message(text, conversation))
        self.changes.notify(ConversationId(conversation))
        return turn

    async def link(self, account_id: str = "dana", name: str | None = None, role: Role = "responder") -> str:
        """Invite somebody; return the link."""
        return await invite(
            self.store, account_id=account_id, name=name, role=role, clock=self.clock, base_url=self.url, desk=self.store
        )

    async def hire(self, account_id: str = "dana", name: str | None = None, role: Role = "responder") -> None:
        """Let somebody have an account with ``PASSWORD``."""
        code = (await self.link(account_id, name, role)).partition("#")[2]
        await self.store.accept(hash_of(code), await _hashed(), self.clock.now())


_kept: list[str] = []


async def _hashed() -> str:
    """Hash the password once for all tests: it is slow on purpose."""
    if not _kept:
        _kept.append(await Passwords().hash(PASSWORD))
    return _kept[0]


@dataclass(frozen=True)
class Page:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def csrf(self) -> str:
        """The token that its forms carry."""
        found = re.search(r'name="csrf" (?:value|content)="([^"]+)"', self.text)
        return found[1] if found else ""


class Browser:
    """Somebody's browser, as far as a server can tell."""

    def __init__(self, site: DeskSite) -> None:
        """Take a site; ``async with`` opens it."""
        self.site, self.csrf = site, ""
        self.client: ClientSession

    async def __aenter__(self) -> Self:
        """Begin without cookies."""
        self.client = ClientSession(cookie_jar=CookieJar(unsafe=True))
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close it."""
        await self.client.close()

    async def get(self, path: str, **headers: str) -> Page:
        """Open a page, without following where it sends on."""
        return await self._call("GET", path, None, headers)

    async def post(self, path: str, form: Mapping[str, str] | None = None, **headers: str) -> Page:
        """Send a form, as a browser does: with its token, and saying from where."""
        fields = {"csrf": self.csrf, **(form or {})}
        return await self._call("POST", path, fields, {"Origin": self.site.url, **headers})

    async def ask(self, path: str, form: Mapping[str, str] | None = None, **headers: str) -> Page:
        """Send a form as desk.js does."""
        return await self.post(path, form, Accept="application/json", **headers)

    async def log_in(self, account_id: str = "dana", password: str = PASSWORD, to: str = "") -> Page:
        """Log in, and take the token for what comes next."""
        page = await self.post("/desk/log-in", {"name": account_id, "password": password, "to": to})
        if page.status == 303:
            self.csrf = (await self.get("/desk/questions")).csrf
        return page

    async def enter(self, account_id: str) -> None:
        """Be logged in, without the slow look at the password."""
        found = await self.site.store.account(ResponderId(account_id))
        assert found is not None
        token, self.csrf = secrets.token_urlsafe(8), secrets.token_urlsafe(8)
        until = self.site.clock.now() + timedelta(hours=self.site.settings.desk_session_hours)
        session = DeskSession(token_hash=hash_of(token), account=found, csrf=self.csrf, until=until)
        await self.site.store.open_session(session)
        self.client.cookie_jar.update_cookies({"handrail-desk": token}, URL(self.site.url))

    async def _call(self, method: str, path: str, form: Mapping[str, str] | None, headers: dict[str, str]) -> Page:
        given = {name.replace("_", "-"): value for name, value in headers.items() if value}
        async with self.client.request(
            method, self.site.url + path, data=form, headers=given, allow_redirects=False
        ) as response:
            return Page(response.status, dict(response.headers), await response.text())
