"""Puts the parts of the web adapter together and runs them until the process is told to stop."""

import asyncio
import contextlib
import errno
import signal
from collections.abc import Callable

from aiohttp import web

from adapters.web import api, pages
from adapters.web.logs import set_up_logs
from adapters.web.metrics import Metrics
from adapters.web.problems import Handler, as_problems, problem
from adapters.web.sessions import Sessions
from bot.assembly import Core
from bot.conversation import Conversations
from bot.errors import BotError
from bot.ports import Clock, Transcript
from bot.settings import Settings

MAX_BODY_BYTES = 1_500_000
SHUTDOWN_S = 5.0
ORIGINS: web.AppKey[tuple[str, ...]] = web.AppKey("origins")


class PortInUse(BotError):
    """The port is taken by another program."""


def make_app(
    core: Core, conversations: Conversations, transcript: Transcript, clock: Clock, settings: Settings
) -> web.Application:
    """Return the application; opening it opens no socket."""
    app = web.Application(middlewares=[as_problems, allow_origins], client_max_size=MAX_BODY_BYTES)
    app[api.CONVERSATIONS] = conversations
    app[api.TRANSCRIPT] = transcript
    app[api.CLOCK] = clock
    app[api.SESSIONS] = Sessions(settings.max_conversations)
    app[api.METRICS] = Metrics()
    app[api.SITE_COUNTRY] = settings.country
    app[pages.REPLIES] = conversations.replies
    app[pages.KNOWLEDGE] = core.knowledge
    app[pages.PAGES] = pages.Pages()
    app[ORIGINS] = settings.allowed_origins
    app.add_routes(api.routes)
    app.add_routes(pages.routes)
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    app.on_shutdown.append(_end_streams)
    return app


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
    runner = web.AppRunner(
        make_app(core, conversations, transcript, clock, settings), access_log=None, shutdown_timeout=SHUTDOWN_S
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port)
        try:
            await site.start()
        except OSError as error:
            raise _unusable(error, settings) from error
        port = runner.addresses[0][1]
        host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 - compared, not bound
        say(f"Ready. Open http://{host}:{port}/ to ask, http://{host}:{port}/faq for all answers. Ctrl-C stops.")
        say("Nobody is alerted yet when a visitor asks for a person: conversations are kept in memory only.")
        await _until_told_to_stop()
    finally:
        await runner.cleanup()


async def healthz(_request: web.Request) -> web.Response:
    """Say that the process runs."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """Say what is ready: the index, the store, and whether anybody can be alerted (not in this version)."""
    parts = {"index": True, "store": True, "responder": False}
    return web.json_response({"status": "ready", "parts": parts, "answers": len(request.app[pages.KNOWLEDGE].approved())})


async def metrics(request: web.Request) -> web.Response:
    """Give the counters to Prometheus."""
    return web.Response(body=request.app[api.METRICS].text(), headers={"Content-Type": "text/plain; version=0.0.4"})


@web.middleware
async def allow_origins(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let pages of the allowed origins call the API; refuse other sites' pages."""
    origin = request.headers.get("Origin")
    own = origin is None or origin.partition("://")[2] == request.host
    if not request.path.startswith("/api/") or own:
        return await handler(request)
    if origin not in request.app[ORIGINS]:
        return problem(403, "This origin is not allowed", "Add the page's origin to HANDRAIL_ALLOWED_ORIGINS.")
    response = web.Response(status=204) if request.method == "OPTIONS" else await handler(request)
    if not response.prepared:
        response.headers.update(
            {
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID",
                "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
                "Access-Control-Max-Age": "600",
                "Vary": "Origin",
            }
        )
    return response


async def _end_streams(app: web.Application) -> None:
    app[api.SESSIONS].end_all_streams()


async def _until_told_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # not on every platform
            loop.add_signal_handler(name, stop.set)
    await stop.wait()


def _unusable(error: OSError, settings: Settings) -> PortInUse:
    where = f"{settings.host}:{settings.port}"
    if error.errno == errno.EADDRINUSE:
        return PortInUse(f"{where} is in use by another program. Stop it, or choose another port with --port.")
    return PortInUse(f"{where} cannot be listened on ({error.strerror}). Choose another address or port.")
