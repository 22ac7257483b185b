"""The queue: who waits, the gravest and longest first, and who is looked after."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from adapters.web.desk.gate import RESPONDERS, for_roles, is_still_in
from adapters.web.desk.live import follow
from adapters.web.desk.parts import PARTS, Parts
from adapters.web.desk.views import Row, row_of
from bot.errors import StoreUnavailable
from bot.model import Case
from bot.staff import DeskSession

routes = web.RouteTableDef()


@routes.get("")
@for_roles(RESPONDERS)
async def queue_page(request: web.Request, me: DeskSession) -> web.Response:
    """Show the queue; it is up to date by reload too."""
    parts = request.app[PARTS]
    cases = await parts.store.cases()
    values: dict[str, Any] = {**common(parts, cases), **_groups(parts, cases, me)}
    return parts.templates.page("queue.html", me=me, **values)


@routes.get("/events", allow_head=False)
@for_roles(RESPONDERS)
async def queue_events(request: web.Request, me: DeskSession) -> web.StreamResponse:
    """Keep an open queue true."""
    parts = request.app[PARTS]

    async def render() -> Mapping[str, str] | None:
        try:
            if not await is_still_in(request, RESPONDERS):
                return None
            cases = await parts.store.cases()
        except StoreUnavailable:
            return {"reach": store_away(parts)}
        return {
            **common_parts(parts, cases),
            "queue": parts.templates.text("parts/queue.html", me=me, **_groups(parts, cases, me)),
        }

    return await follow(request, parts.streams, me.token_hash, parts.changes, render)


def common(parts: Parts, cases: list[Case]) -> dict[str, Any]:
    """Return what stands at the top of each page for responders: how many wait, and whether anybody is told of it."""
    waiting = [case for case in cases if case.standing.responder is None]
    return {
        "n_waiting": len(waiting),
        "n_urgent": sum(1 for case in waiting if case.standing.handoff is not None and case.standing.handoff.urgent),
        "can_be_told": parts.team.reach(parts.clock.now()).can_be_told,
        "is_stored": True,
        "zone": parts.zone.key,
    }


def common_parts(parts: Parts, cases: list[Case]) -> dict[str, str]:
    """Return the same as live parts."""
    values = common(parts, cases)
    return {name: parts.templates.text(f"parts/{name}.html", **values) for name in ("waiting", "reach")}


def store_away(parts: Parts) -> str:
    """Return the banner for a store that does not answer."""
    return parts.templates.text("parts/reach.html", can_be_told=True, is_stored=False)


def _groups(parts: Parts, cases: list[Case], me: DeskSession) -> dict[str, list[Row]]:
    rows = [row_of(parts, case, me.account.id) for case in cases]
    return {
        "waiting": [row for row in rows if row.owner == "waiting"],
        "mine": [row for row in rows if row.owner == "mine"],
        "others": [row for row in rows if row.owner == "others"],
    }
