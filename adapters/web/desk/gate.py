"""Who may open which page of the desk, and what stands there instead when something is wrong."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import wraps

from aiohttp import hdrs, web

from adapters.web.desk.accounts import AccountRejected
from adapters.web.desk.parts import PARTS
from adapters.web.desk.sessions import CSRF_FIELD, CSRF_HEADER, has_token
from adapters.web.desk.templates import POLICY
from bot.errors import ConversationUnknown, HandoffError, MessageRejected, StoreUnavailable
from bot.model import Role
from bot.staff import DeskSession

log = logging.getLogger("handrail.desk")
Handler = Callable[[web.Request, DeskSession], Awaitable[web.StreamResponse]]
Plain = Callable[[web.Request], Awaitable[web.StreamResponse]]
# What each role may see: editors what visitors asked that had no answer, and no transcript.
RESPONDERS: tuple[Role, ...] = ("responder", "admin")
ANYBODY: tuple[Role, ...] = ("responder", "editor", "admin")
ADMINS: tuple[Role, ...] = ("admin",)

REQUEST_S = 15.0  # for anything but a stream; a store that takes longer counts as away
FORGED = "This was not sent from a page of the desk that is still valid. Load the page again, then repeat it."
_SAID: dict[int, tuple[str, str]] = {
    400: ("That could not be read", "Go back and try again."),
    401: ("Your log-in has ended", "Log in again to go on."),
    403: ("Not for your role", "Your account may not open this page. An admin can change its role."),
    404: ("Nothing here", "There is nothing at this address: the conversation was erased, or the link is incomplete."),
    405: ("That is not possible here", "Go back to the queue and try from there."),
    413: ("That is too long", "Send it in shorter pieces."),
    500: (
        "Something went wrong",
        "It was noted, without any of its words. Try again; if it stays, tell who runs this server.",
    ),
    503: (
        "Nothing can be saved just now",
        "The store does not answer. What you did was not recorded. Try again in a moment.",
    ),
}


def for_roles(roles: tuple[Role, ...]) -> Callable[[Handler], Plain]:
    """Let only people with one of these roles through, and only forms that a page of theirs has sent."""

    def guard(handler: Handler) -> Plain:
        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            session = await request.app[PARTS].sessions.of(request)
            if session is None:
                raise web.HTTPUnauthorized
            if session.account.role not in roles:
                raise web.HTTPForbidden
            if request.method == hdrs.METH_POST:
                await _check_is_own(request, session)
            return await handler(request, session)

        return guarded

    return guard


async def is_still_in(request: web.Request, roles: tuple[Role, ...]) -> bool:
    """Whether the log-in of a page that is open still holds, for an account that may still see it."""
    session = await request.app[PARTS].sessions.of(request)
    return session is not None and session.account.role in roles


async def _check_is_own(request: web.Request, session: DeskSession) -> None:
    if not request.app[PARTS].sessions.is_from_here(request):
        raise web.HTTPForbidden(text=FORGED)
    given = request.headers.get(CSRF_HEADER) or await field(request, CSRF_FIELD)
    if not has_token(session, given):
        raise web.HTTPForbidden(text=FORGED)


async def field(request: web.Request, name: str, at_most: int = 20_000) -> str:
    """Return a field of a form; empty when it is not there.

    Raises:
        MessageRejected: it is too long.
    """
    try:
        value = (await request.post()).get(name, "")
    except ValueError as error:
        raise web.HTTPBadRequest from error
    if not isinstance(value, str) or len(value) > at_most:
        raise MessageRejected(f"That is too long. Send at most {at_most} characters at once.")
    return value


def wants_json(request: web.Request) -> bool:
    """Whether desk.js asks, rather than a browser that shows what comes."""
    return "application/json" in request.headers.get(hdrs.ACCEPT, "")


def see_other(path: str) -> web.Response:
    """Send a browser on after a form, so that loading again does not send it again."""
    return web.Response(status=303, headers={hdrs.LOCATION: path})


@web.middleware
async def as_pages(request: web.Request, handler: Plain) -> web.StreamResponse:
    """Turn every error into a page, or for desk.js into a sentence; an unexpected one is logged by its type alone."""
    try:
        async with asyncio.timeout(None if request.path.endswith("/events") else REQUEST_S):
            return await handler(request)
    except HandoffError as error:
        return await refused(request, 409, "That was not possible", str(error))
    except ConversationUnknown:
        gone = "This conversation is not there any more: the visitor erased it, or its time was over."
        return await refused(request, 404, "Nothing here", gone)
    except (MessageRejected, AccountRejected) as error:
        return await refused(request, 422, "That was not taken", str(error))
    except (StoreUnavailable, TimeoutError) as error:
        log.error("desk without its store", extra={"error": type(error).__name__})
        return await refused(request, 503, *_SAID[503])
    except web.HTTPException as error:
        if error.status < 400:
            raise
        title, detail = _SAID.get(error.status, _SAID[400])
        return await refused(request, error.status, title, FORGED if error.text == FORGED else detail)
    except Exception as error:  # noqa: BLE001 - the edge of the process
        log.error("desk request failed", extra={"error": type(error).__name__})
        return await refused(request, 500, *_SAID[500])


async def refused(request: web.Request, status: int, title: str, detail: str) -> web.Response:
    """Say what was wrong; what was typed stands below it, so that it can be copied."""
    if wants_json(request):
        return web.json_response({"error": detail}, status=status)
    templates = request.app[PARTS].templates
    if status == 401 and request.method == hdrs.METH_GET:
        return _log_in_page(request)
    return templates.page("error.html", status, title=title, detail=detail, kept=await _typed(request))


def _log_in_page(request: web.Request) -> web.Response:
    templates = request.app[PARTS].templates
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        # A link in a mail or a chat: a strict cookie is not sent along. Our own page asks once more, and then it is.
        return templates.page("arriving.html", to=request.path)
    return templates.page("log_in.html", 401, to=request.path, said="", name="", wait_min=0)


async def _typed(request: web.Request) -> str:
    if request.method != hdrs.METH_POST:
        return ""
    try:
        value = (await request.post()).get("text", "")
    except (ValueError, web.HTTPException):
        return ""
    return value if isinstance(value, str) else ""


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Let no browser keep a page of the desk, and no other site frame it."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = POLICY
    # With "no-referrer" browsers would send forms as if from nowhere, and their origin could not be checked.
    response.headers["Referrer-Policy"] = "same-origin"
