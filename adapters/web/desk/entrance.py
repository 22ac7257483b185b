"""Logging in and out, and the page on which a one-time link becomes a password."""

import secrets
from dataclasses import replace
from datetime import timedelta

from aiohttp import web

from adapters.web.desk.accounts import checked_name, hash_of
from adapters.web.desk.gate import ANYBODY, FORGED, field, for_roles, see_other
from adapters.web.desk.parts import PARTS, Parts
from adapters.web.desk.passwords import MAX_CHARS, MIN_CHARS, fault_of
from adapters.web.desk.throttle import address_of
from bot.model import ResponderId
from bot.staff import Account, Audited, DeskSession

WRONG = "That name and password do not go together. Capitals count in the password."
USED = "This link was used before, is older than 48 hours, or is not complete. Ask an admin for a new one."
HOME = {"responder": "/desk", "admin": "/desk", "editor": "/desk/questions"}
NOBODY = ResponderId("-")  # in the audit trail, for a log-in that failed: a name may be a password typed in the wrong field
_MOMENT = timedelta(minutes=1)
routes = web.RouteTableDef()


@routes.get("/log-in")
async def log_in_page(request: web.Request) -> web.Response:
    """Show the form to log in; who is logged in goes on."""
    parts = request.app[PARTS]
    if (session := await parts.sessions.of(request)) is not None:
        return see_other(HOME[session.account.role])
    return parts.templates.page("log_in.html", to="", said="", name="", wait_min=0)


@routes.post("/log-in")
async def log_in(request: web.Request) -> web.Response:
    """Log in, unless that failed too often; a wrong name takes as long as a wrong password."""
    parts = request.app[PARTS]
    _must_be_from_here(parts, request)
    name = (await field(request, "name", 200)).strip().lower()
    password, to = await field(request, "password", 10_000), await field(request, "to", 500)
    address = address_of(request, parts.settings.trusted_proxies)
    async with parts.throttle.one_at_a_time:
        if wait_min := parts.throttle.wait_min(name, address):
            return parts.templates.page("log_in.html", 429, to=to, said="", name=name, wait_min=wait_min)
        account = await _account(parts, name, password)
        if account is None:
            parts.throttle.failed(name, address)
        else:
            parts.throttle.succeeded(name, address)
    if account is None:
        await parts.store.audit(Audited(at=parts.clock.now(), by=NOBODY, did="failed to log in"))
        return parts.templates.page("log_in.html", 401, to=to, said=WRONG, name=name, wait_min=0)
    return await _enter(request, await _rehashed(parts, account, password), to)


@routes.post("/log-out")
@for_roles(ANYBODY)
async def log_out(request: web.Request, me: DeskSession) -> web.Response:
    """End a log-in, here and in every other page of this browser."""
    parts = request.app[PARTS]
    response = see_other("/desk/log-in")
    await parts.sessions.end(request, response)
    await parts.audit(me, "logged out")
    parts.streams.wake_all(me.token_hash)
    return response


@routes.get("/me")
@for_roles(ANYBODY)
async def me_again(_request: web.Request, me: DeskSession) -> web.Response:
    """Tell a page that was open while somebody logged in anew who that is, and the token for its next call."""
    return web.json_response({"account": me.account.id, "csrf": me.csrf})


@routes.get("/welcome")
async def welcome_page(request: web.Request) -> web.Response:
    """Ask for the code of a one-time link; desk.js takes it from behind the ``#``."""
    return request.app[PARTS].templates.page("code.html", said="")


@routes.post("/welcome")
async def welcome(request: web.Request) -> web.Response:
    """Take a code, then with it a password and a name, and log in."""
    parts = request.app[PARTS]
    _must_be_from_here(parts, request)
    code = (await field(request, "code", 500)).strip().rpartition("#")[2]
    account = await parts.store.invited(hash_of(code), parts.clock.now())
    if account is None:
        return parts.templates.page("code.html", 422, said=USED)
    form = await request.post()
    if "password" not in form:
        return _form(parts, account, code)
    password, name = await field(request, "password", 10_000), await field(request, "shown", 200)
    fault = fault_of(password, account.id, account.name, name)
    if fault is None and password != await field(request, "again", 10_000):
        fault = "The two passwords are not the same."
    if fault is not None:
        return _form(parts, account, code, fault=fault, shown=name)
    accepted = await _accept(parts, code, password, checked_name(name))
    if accepted is None:
        return parts.templates.page("code.html", 422, said=USED)
    return await _enter(request, accepted, "")


def _form(parts: Parts, account: Account, code: str, fault: str = "", shown: str | None = None) -> web.Response:
    return parts.templates.page(
        "welcome.html",
        422 if fault else 200,
        account=account,
        code=code,
        said=fault,
        shown=account.name if shown is None else shown,
        min_chars=MIN_CHARS,
        max_chars=MAX_CHARS,
    )


async def _accept(parts: Parts, code: str, password: str, name: str) -> Account | None:
    """Use a link, and take the name that the person chose.

    A name is recorded as with an invitation, whose link is past its time from the beginning; of two who use one link at once
    only the first gets that far.
    """
    kept = await parts.passwords.hash(password)
    now = parts.clock.now()
    accepted = await parts.store.accept(hash_of(code), kept, now)
    if accepted is None or accepted.name == name:
        return accepted
    renamed = replace(accepted, name=name)
    await parts.store.invite(renamed, hash_of(secrets.token_urlsafe(32)), now)
    return renamed


async def _account(parts: Parts, name: str, password: str) -> Account | None:
    """Return the account that a name and a password open."""
    account = await parts.store.account(ResponderId(name))
    kept = account.password_hash if account is not None and account.is_active else ""
    return account if await parts.passwords.is_right(kept, password) else None


async def _rehashed(parts: Parts, account: Account, password: str) -> Account:
    """Keep a password with today's parameters; its other log-ins end, as with a new password."""
    if not parts.passwords.is_outdated(account.password_hash):
        return account
    link, now = hash_of(secrets.token_urlsafe(32)), parts.clock.now()
    await parts.store.invite(account, link, now + _MOMENT)
    return await parts.store.accept(link, await parts.passwords.hash(password), now) or account


async def _enter(request: web.Request, account: Account, to: str) -> web.Response:
    parts = request.app[PARTS]
    is_page = to == "/desk" or (to.startswith("/desk/") and not to.startswith("/desk/log-") and "\\" not in to)
    response = see_other(to if is_page and to.isprintable() else HOME[account.role])
    await parts.sessions.open(request, response, account)
    await parts.store.audit(Audited(at=parts.clock.now(), by=account.id, did="logged in"))
    return response


def _must_be_from_here(parts: Parts, request: web.Request) -> None:
    """Refuse a form of another site, which could log somebody in as somebody else."""
    if not parts.sessions.is_from_here(request):
        raise web.HTTPForbidden(text=FORGED)
