"""What every response says about itself: how a browser may use it, and which other sites' pages may read it."""

from aiohttp import hdrs, web

from adapters.web.problems import Handler, problem

ORIGINS: web.AppKey[tuple[str, ...]] = web.AppKey("origins")
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
OTHER_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_EVERYWHERE = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Server": "handrail",  # which library and version is nobody's business
}
_PUBLIC = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
_CORS = {
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID",
    "Access-Control-Expose-Headers": "Retry-After",  # or a page could not say when a message goes out again
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Max-Age": "600",
}


def is_api(request: web.Request) -> bool:
    """Whether a request is for the API, which other sites' pages may call when they are allowed to."""
    return request.path.startswith("/api/")


def is_public(request: web.Request) -> bool:
    """Whether a request is for the widget's own files, which any page may load: nothing in them is about anybody."""
    return request.path == "/handrail.js" or request.path.startswith("/handrail/")


@web.middleware
async def allow_origins(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let pages of the allowed origins call the API; refuse other sites' pages."""
    origin = request.headers.get(hdrs.ORIGIN)
    if not is_api(request) or _is_own(origin, request):
        return await handler(request)
    if origin not in request.app[ORIGINS]:
        return problem(403, "This origin is not allowed", "Add the page's origin to HANDRAIL_ALLOWED_ORIGINS.")
    return web.Response(status=204) if request.method == hdrs.METH_OPTIONS else await handler(request)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Complete a response just before it leaves; a signal rather than a middleware, so that it reaches streams too."""
    headers = response.headers
    headers.update(_EVERYWHERE)
    headers.setdefault("Content-Security-Policy", OTHER_POLICY)
    if is_public(request):
        headers.update(_PUBLIC)
    if not is_api(request):
        headers.setdefault("Cache-Control", "no-cache")
        return
    headers["Cache-Control"] = "no-store"  # a shared computer keeps nothing of a conversation
    headers["Vary"] = "Origin"
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and origin in request.app[ORIGINS]:
        headers.update(_CORS)
        headers["Access-Control-Allow-Origin"] = origin


def _is_own(origin: str | None, request: web.Request) -> bool:
    return origin is None or origin.partition("://")[2] == request.host
