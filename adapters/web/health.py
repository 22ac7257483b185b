"""What a supervisor and a collector of metrics ask: does it run, is it ready, and how much of what was there."""

import asyncio
import logging

from aiohttp import web

from adapters.web.metrics import Waiting
from adapters.web.pages import BOOK
from adapters.web.parts import CLOCK, METRICS, STORE, TEAM
from adapters.web.stream import OPEN
from bot.errors import StoreUnavailable
from bot.model import Owner

log = logging.getLogger("handrail.web")
CHECK_S = 2.0  # for the store to write one row; one that takes longer counts as away
routes = web.RouteTableDef()


@routes.get("/healthz")
async def healthz(_request: web.Request) -> web.Response:
    """Say that the process runs."""
    return web.json_response({"status": "ok"})


@routes.get("/readyz")
async def readyz(request: web.Request) -> web.Response:
    """Say whether the index is loaded, the store can be written to, and somebody can be reached; 503 where one is not so."""
    app = request.app
    parts = {
        "index": bool(app[BOOK].answers),
        "store": await _can_be_written(app),
        "responder": app[TEAM].reach(app[CLOCK].now()).can_be_told,
    }
    is_ready = all(parts.values())
    body = {"status": "ready" if is_ready else "not ready", "parts": parts, "answers": len(app[BOOK].answers)}
    return web.json_response(body, status=200 if is_ready else 503)


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """Give the counters to Prometheus."""
    app = request.app
    app[METRICS].streams = len(app[OPEN])
    app[METRICS].waiting = await _waiting(app)
    return web.Response(body=app[METRICS].text(), headers={"Content-Type": "text/plain; version=0.0.4"})


async def _can_be_written(app: web.Application) -> bool:
    try:
        async with asyncio.timeout(CHECK_S):
            await app[STORE].check()
    except (StoreUnavailable, OSError, TimeoutError) as error:
        log.error("store not writable", extra={"error": type(error).__name__})
        return False
    return True


async def _waiting(app: web.Application) -> Waiting | None:
    """Return how many wait for a person and since when the first does; None while the store is away."""
    try:
        async with asyncio.timeout(CHECK_S):
            cases = await app[STORE].cases()
    except (StoreUnavailable, OSError, TimeoutError):
        return None
    since = [each.standing.since for each in cases if each.standing.owner is Owner.QUEUED and each.standing.since]
    age = (app[CLOCK].now() - min(since)).total_seconds() if since else 0.0
    return Waiting(queued=len(since), with_person=len(cases) - len(since), oldest_s=max(0.0, age))
