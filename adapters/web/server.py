"""Puts the parts of the web adapter together and runs them until the process is told to stop."""

import asyncio
import contextlib
import errno
import signal
from collections.abc import Callable

from aiohttp import web

from adapters.web import api, headers, pages
from adapters.web.logs import set_up_logs
from adapters.web.metrics import Metrics
from adapters.web.problems import as_problems
from adapters.web.sessions import Sessions
from bot.assembly import Core
from bot.conversation import Conversations
from bot.errors import BotError
from bot.ports import Clock, Transcript
from bot.settings import Settings

MAX_BODY_BYTES = 1_500_000
SHUTDOWN_S = 5.0


class PortInUse(BotError):
    """The port is taken by another program."""


def make_app(
    core: Core, conversations: Conversations, transcript: Transcript, clock: Clock, settings: Settings
) -> web.Application:
    """Return the application; opening it opens no socket."""
    app = web.Application(middlewares=[headers.allow_origins, as_problems], client_max_size=MAX_BODY_BYTES)
    app[api.CONVERSATIONS] = conversations
    app[api.TRANSCRIPT] = transcript
    app[api.CLOCK] = clock
    app[api.SESSIONS] = Sessions(settings.max_conversations)
    app[api.METRICS] = Metrics()
    app[api.UNDER_WAY] = set()
    app[api.SITE_COUNTRY] = settings.country
    app[pages.REPLIES] = conversations.replies
    app[pages.BOOK] = core.book
    app[pages.PAGES] = pages.Pages()
    app[headers.ORIGINS] = settings.allowed_origins
    app.add_routes(api.routes)
    app.add_routes(pages.routes)
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    app.on_response_prepare.append(headers.add_headers)
    app.on_shutdown.append(_end_streams)
    app.on_cleanup.append(_finish_turns)
    return app


def make_runner(app: web.Application) -> web.AppRunner:
    """Return what serves an application.

    A handler is cancelled when its client leaves, so that a stream nobody reads is let go; turns are shielded from that.
    """
    return web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=SHUTDOWN_S)


async def run(
    core: Core,
    conversations: Conversations,
    transcript: Transcript,
    clock: Clock,
    settings: Settings,
    *,
    say: Callable[[str], None],
) -> None:
    """Serve until SIGTERM or SIGINT; then finish the turns in hand, end open streams, and close.

    Raises:
        PortInUse: another program listens there.
    """
    set_up_logs(settings.log_level)
    runner = make_runner(make_app(core, conversations, transcript, clock, settings))
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
        say("Nobody is alerted yet when a visitor asks for a person: conversations are kept in memory only.")
        await told_to_stop.wait()
    finally:
        await runner.cleanup()


async def healthz(_request: web.Request) -> web.Response:
    """Say that the process runs."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """Say what is ready: the index, the store, and whether anybody can be alerted (not in this version)."""
    parts = {"index": True, "store": True, "responder": False}
    return web.json_response({"status": "ready", "parts": parts, "answers": len(request.app[pages.BOOK].answers)})


async def metrics(request: web.Request) -> web.Response:
    """Give the counters to Prometheus."""
    return web.Response(body=request.app[api.METRICS].text(), headers={"Content-Type": "text/plain; version=0.0.4"})


async def _end_streams(app: web.Application) -> None:
    app[api.SESSIONS].end_all_streams()


async def _finish_turns(app: web.Application) -> None:
    """Wait for turns whose visitor left before they were recorded."""
    await asyncio.gather(*app[api.UNDER_WAY], return_exceptions=True)


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
