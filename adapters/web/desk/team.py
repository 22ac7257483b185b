"""For admins: who may use the desk, and the audit trail."""

from typing import cast

from aiohttp import web

from adapters.web.desk.accounts import LINK_FOR, ROLES, AccountRejected, invite, remove, state_of
from adapters.web.desk.gate import ADMINS, field, for_roles, see_other
from adapters.web.desk.parts import PARTS
from adapters.web.desk.queue import common
from adapters.web.desk.views import moment
from bot.model import Role
from bot.staff import DeskSession

MAX_LINES = 200
routes = web.RouteTableDef()


@routes.get("/team")
@for_roles(ADMINS)
async def team_page(request: web.Request, me: DeskSession) -> web.Response:
    """List the accounts."""
    return await _page(request, me)


@routes.post("/team/invite")
@for_roles(ADMINS)
async def invite_somebody(request: web.Request, me: DeskSession) -> web.Response:
    """Make a one-time link for a new account or a known one, and show it this once."""
    parts = request.app[PARTS]
    account_id, name = await field(request, "account", 200), await field(request, "name", 200)
    role = await field(request, "role", 20)
    if account_id.strip().lower() == me.account.id and role not in {"", me.account.role}:
        raise AccountRejected("Let another admin change your own role, so that one admin stays in any case.")
    link = await invite(
        parts.store,
        account_id=account_id,
        name=name.strip() or None,
        role=cast(Role, role) if role else None,
        clock=parts.clock,
        base_url=parts.settings.public_url or f"{request.scheme}://{request.host}",
        desk=parts.store,
        by=me.account.id,
    )
    return await _page(request, me, link=link, invited=account_id.strip().lower())


@routes.post("/team/shut-out")
@for_roles(ADMINS)
async def shut_out(request: web.Request, me: DeskSession) -> web.Response:
    """Shut an account out; its log-ins end at once."""
    parts = request.app[PARTS]
    account_id = await field(request, "account", 200)
    if account_id.strip().lower() == me.account.id:
        raise AccountRejected("You can't shut yourself out. Another admin can.")
    await remove(parts.store, account_id=account_id, clock=parts.clock, desk=parts.store, by=me.account.id)
    return see_other("/desk/team")


@routes.get("/audit")
@for_roles(ADMINS)
async def audit_page(request: web.Request, me: DeskSession) -> web.Response:
    """List the newest lines of the audit trail; that somebody read it is one of them."""
    parts = request.app[PARTS]
    await parts.audit(me, "looked at the audit trail")
    lines = [(moment(parts, each.at), each) for each in await parts.store.audited(MAX_LINES)]
    return parts.templates.page("audit.html", me=me, lines=lines, **common(parts, await parts.store.cases()))


async def _page(request: web.Request, me: DeskSession, link: str = "", invited: str = "") -> web.Response:
    parts = request.app[PARTS]
    accounts = [(each, state_of(each)) for each in await parts.store.accounts()]
    return parts.templates.page(
        "team.html",
        me=me,
        accounts=accounts,
        roles=ROLES,
        link=link,
        invited=invited,
        hours=int(LINK_FOR.total_seconds() // 3600),
        **common(parts, await parts.store.cases()),
    )
