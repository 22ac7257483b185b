"""Joins the desk to the server as an application of its own under ``/desk``, with its own pages for errors."""

import asyncio
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import web

from adapters.web.desk import actions, conversation, entrance, questions, queue, team, vetted
from adapters.web.desk.gate import add_headers, as_pages
from adapters.web.desk.parts import PARTS, Parts
from adapters.web.desk.sessions import Sessions
from adapters.web.desk.templates import STATIC, Templates
from adapters.web.presence import Presence
from bot.content import Book
from bot.ports import Changes, Clock, Store, Team
from bot.replies import Replies
from bot.settings import Settings
from bot.triage import Triage


def add_desk(
    app: web.Application,
    *,
    store: Store,
    changes: Changes,
    presence: Presence,
    clock: Clock,
    settings: Settings,
    replies: Replies,
    book: Book,
    triage: Triage,
    team: Team,
) -> None:
    """Add the desk to an application that has not started yet."""
    app.add_subapp(
        "/desk",
        _application(
            Parts(
                store=store,
                changes=changes,
                presence=presence,
                clock=clock,
                settings=settings,
                replies=replies,
                book=book,
                triage=triage,
                team=team,
                zone=_zone(settings.time_zone),
                sessions=Sessions(store, clock, settings),
                templates=Templates(),
            )
        ),
    )


def _application(parts: Parts) -> web.Application:
    desk = web.Application(middlewares=[as_pages])
    desk[PARTS] = parts
    for module in (entrance, queue, conversation, actions, vetted, questions, team):
        desk.add_routes(module.routes)
    desk.add_routes([web.get("/static/{name}", _static)])
    desk.on_response_prepare.append(add_headers)
    desk.on_shutdown.append(_end_streams)
    desk.on_cleanup.append(_finish)
    return desk


async def _static(request: web.Request) -> web.Response:
    """Serve the desk's script and style."""
    name = request.match_info["name"]
    if name not in STATIC:
        raise web.HTTPNotFound
    body = request.app[PARTS].templates.static[name]
    return web.Response(body=body, content_type=STATIC[name], charset="utf-8")


async def _end_streams(desk: web.Application) -> None:
    desk[PARTS].streams.end_all()


async def _finish(desk: web.Application) -> None:
    """Wait for what was begun by somebody who left."""
    await asyncio.gather(*desk[PARTS].under_way, return_exceptions=True)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")  # what the setting's own check says of it is not the desk's to repeat
