"""Puts the parts of the web adapter together and runs them until the process is told to stop."""

import asyncio
import contextlib
import errno
import signal
from collections.abc import Callable

from aiohttp import web

from adapters.web import api, headers, health, pages
from adapters.web.desk import add_desk
from adapters.web.limits import Limits
from adapters.web.parts import (
    CHANGES,
    CLOCK,
    CONVERSATIONS,
    LIMITS,
    METRICS,
    PRESENCE,
    SESSIONS,
    SETTINGS,
    STOPPING,
    STORE,
    TEAM,
    UNDER_WAY,
    Parts,
)
from adapters.web.presence import Presence
from adapters.web.problems import as_problems
from adapters.web.sessions import Sessions
from adapters.web.stream import OPEN, OpenStreams
from adapters.web.widget import add_widget
from bot.errors import BotError
from bot.settings import Settings

MAX_BODY_BYTES = 1_500_000
SHUTDOWN_S = 5.0
NOBODY = (
    "No way to reach the team is set: nobody is told when a visitor asks for a person or is in danger, and visitors are "
    "told so. Set HANDRAIL_ALERT_URLS (docs/alerts.md)."
)


class PortInUse(BotError):
    """The port is taken by another program."""


def make_app(parts: Parts) -> web.Application:
    """Return the application; opening it opens no socket."""
    settings = parts.settings
    app = web.Application(middlewares=[headers.allow_origins, as_problems], client_max_size=MAX_BODY_BYTES)
    app[CONVERSATIONS] = parts.conversations
    app[STORE], app[CHANGES], app[TEAM], app[CLOCK] = parts.store, parts.changes, parts.team, parts.clock
    app[SETTINGS], app[METRICS] = settings, parts.metrics
    app[SESSIONS] = Sessions(parts.store, parts.clock, settings.max_conversations)
    app[PRESENCE] = parts.presence or Presence(parts.changes, parts.clock)
    app[LIMITS] = Limits(settings)
    app[OPEN] = OpenStreams()
    app[UNDER_WAY] = set()
    app[STOPPING] = asyncio.Event()
    app[pages.REPLIES] = parts.conversations.replies
    app[pages.BOOK] = parts.core.book
    app[pages.PAGES] = pages.Pages()
    app[headers.ORIGINS] = settings.allowed_origins
    app.add_routes(api.routes)
    app.add_routes(pages.routes)
    app.add_routes(health.routes)
    app.add_routes(parts.routes)
    add_widget(app, parts.conversations.replies, parts.core.book)
    add_desk(
        app,
        store=parts.store,
        changes=parts.changes,
        presence=app[PRESENCE],
        clock=parts.clock,
        settings=settings,
        replies=parts.conversations.replies,
        book=parts.core.book,
        triage=parts.core.triage,
        team=parts.team,
    )
    app.on_response_prepare.append(headers.add_headers)
    app.on_shutdown.append(_end_streams)
    app.on_cleanup.append(_finish_turns)
    return app


def make_runner(app: web.Application) -> web.AppRunner:
    """Return what serves an application.

    A handler is cancelled when its client leaves, so that a stream nobody reads is let go; turns are shielded from that.
    """
    return web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=SHUTDOWN_S)


async def run(parts: Parts, *, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; then finish the turns in hand, end open streams, and close.

    Raises:
        PortInUse: another program listens there.
    """
    settings = parts.settings
    runner = make_runner(make_app(parts))
    told_to_stop = _on_signals()  # before anybody is told that it is ready, or a signal might find nobody listening
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port)
        try:
            await site.start()
        except OSError as error:
            raise _unusable(error, settings) from error
        port = runner.addresses[0][1]
        at = f"http://{_reachable(settings.host)}:{port}"
        say(f"Ready. Open {at}/ to ask, {at}/faq for all answers. Ctrl-C stops.")
        if not parts.team.reach(parts.clock.now()).can_be_told:
            say(NOBODY)
        await told_to_stop.wait()
    finally:
        await runner.cleanup()


async def _end_streams(app: web.Application) -> None:
    app[STOPPING].set()
    app[OPEN].wake_all()


async def _finish_turns(app: web.Application) -> None:
    """Wait for turns whose visitor left before they were recorded."""
    await asyncio.gather(*app[UNDER_WAY], return_exceptions=True)


def _on_signals() -> asyncio.Event:
    """Return what is set on SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # not on every platform
            loop.add_signal_handler(name, stop.set)
    return stop


def _reachable(host: str) -> str:
    """Return what stands for an address to listen on in the address of a page."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _unusable(error: OSError, settings: Settings) -> PortInUse:
    where = f"{settings.host}:{settings.port}"
    if error.errno == errno.EADDRINUSE:
        return PortInUse(f"{where} is in use by another program. Stop it, or choose another port with --port.")
    return PortInUse(f"{where} cannot be listened on ({error.strerror}). Choose another address or port.")
