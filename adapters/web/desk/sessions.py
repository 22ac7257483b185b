"""Log-ins: the cookie that holds one, the token that each form carries, and where a request must come from."""

import hmac
import secrets
from datetime import timedelta

from aiohttp import hdrs, web

from adapters.web.desk.accounts import hash_of
from bot.ports import Accounts, Clock
from bot.settings import Settings
from bot.staff import Account, DeskSession

CSRF_FIELD, CSRF_HEADER = "csrf", "X-CSRF-Token"


class Sessions:
    """The log-ins of browsers."""

    def __init__(self, accounts: Accounts, clock: Clock, settings: Settings) -> None:
        """Take where they are recorded, and how long one lasts."""
        self._accounts, self._clock = accounts, clock
        self._for = timedelta(hours=settings.desk_session_hours)
        self._public_url = settings.public_url
        self._is_https = (settings.public_url or "").startswith("https://")
        # The prefix makes browsers refuse one that another host, or a page without TLS, has set.
        self.cookie = "__Host-handrail-desk" if self._is_https else "handrail-desk"

    async def of(self, request: web.Request) -> DeskSession | None:
        """Return the log-in of a request; None where there is none, or it has ended."""
        token = request.cookies.get(self.cookie, "")
        return await self._accounts.session(hash_of(token), self._clock.now()) if token else None

    async def open(self, request: web.Request, response: web.Response, account: Account) -> None:
        """Log an account in, in place of whoever was logged in there."""
        await self.end(request, response)
        token = secrets.token_urlsafe(32)
        until = self._clock.now() + self._for
        session = DeskSession(token_hash=hash_of(token), account=account, csrf=secrets.token_urlsafe(32), until=until)
        await self._accounts.open_session(session)
        response.set_cookie(
            self.cookie,
            token,
            max_age=int(self._for.total_seconds()),
            path="/" if self._is_https else "/desk",
            secure=self._is_https,
            httponly=True,
            samesite="Strict",
        )

    async def end(self, request: web.Request, response: web.Response) -> None:
        """Log out."""
        if token := request.cookies.get(self.cookie, ""):
            await self._accounts.end_session(hash_of(token))
        response.del_cookie(
            self.cookie, path="/" if self._is_https else "/desk", secure=self._is_https, httponly=True, samesite="Strict"
        )

    def is_from_here(self, request: web.Request) -> bool:
        """Whether a browser says that one of our own pages sent this; every browser says so of a POST."""
        origin = request.headers.get(hdrs.ORIGIN, "")
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        is_own = origin.partition("://")[2] == request.host or origin == self._public_url
        return bool(origin) and is_own and site == "same-origin"


def has_token(session: DeskSession, given: str) -> bool:
    """Whether a form or a call carries the token of its log-in."""
    return hmac.compare_digest(session.csrf.encode(), given.encode("utf-8", "replace"))
