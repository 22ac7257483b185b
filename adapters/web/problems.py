"""Errors as problem documents (RFC 9457): what was wrong and what to do, never what was sent."""

import json
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from adapters.web.limits import TooMany
from bot.errors import BotError, ConversationUnknown, MessageRejected, StoreUnavailable

log = logging.getLogger("handrail.web")
CONTENT_TYPE = "application/problem+json"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_STATUS: dict[type[BotError], tuple[int, str]] = {
    MessageRejected: (422, "The message was not understood"),
    ConversationUnknown: (404, "No such conversation"),
    StoreUnavailable: (503, "The conversation could not be recorded"),
}
_UNKNOWN = (500, "Something went wrong")
_KEPT = ("Allow", "WWW-Authenticate")
_HINTS = {
    400: "The request could not be read.",
    401: "Send the conversation's token as `Authorization: Bearer …`.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    408: "The body did not arrive in time. Send it again.",
    413: "The body is too large. Send at most 1,500,000 bytes.",
}


def problem(status: int, title: str, detail: str) -> web.Response:
    """Return a problem document."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return web.Response(text=json.dumps(body), status=status, content_type=CONTENT_TYPE)


@web.middleware
async def as_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into a problem document; an unexpected one is logged by its type alone."""
    try:
        return await handler(request)
    except TooMany as error:
        answer = problem(429, "Too many calls", str(error))
        answer.headers["Retry-After"] = str(error.wait_s)
        return answer
    except BotError as error:
        status, title = next((known for kind, known in _STATUS.items() if isinstance(error, kind)), _UNKNOWN)
        return problem(status, title, str(error))
    except web.HTTPException as error:
        if error.status < 400:
            raise
        answer = problem(error.status, error.reason, _HINTS.get(error.status, error.reason))
        answer.headers.update({name: error.headers[name] for name in _KEPT if name in error.headers})
        return answer
    except Exception as error:  # noqa: BLE001 - the edge of the process
        log.error("request failed", extra={"error": type(error).__name__, "route": _route(request)})
        return problem(500, "Something went wrong", "Please try again. If you need help now, call your emergency number.")


def _route(request: web.Request) -> str:
    """Return the pattern of the route, which holds no id."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"
