"""The page at ``/`` and the list of all answers at ``/faq``: made once, served from memory, no inline script or style."""

from collections import OrderedDict
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, select_autoescape

from adapters.web.api import CLOCK, SITE_COUNTRY
from bot.content import KnowledgeBase
from bot.replies import Replies, Setting, spoken

HERE = Path(__file__).parent
REPLIES = web.AppKey("replies", Replies)
KNOWLEDGE = web.AppKey("knowledge", KnowledgeBase)
PAGES: web.AppKey["Pages"] = web.AppKey("pages")
_STATIC = {"page.js": "text/javascript", "page.css": "text/css", "icon.svg": "image/svg+xml"}
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
routes = web.RouteTableDef()


class Pages:
    """The templates and static files, read once."""

    def __init__(self) -> None:
        """Read the files beside this module."""
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(["html"]), trim_blocks=True
        )
        self.static = {name: (HERE / "static" / name).read_bytes() for name in _STATIC}

    def render(self, name: str, **values: object) -> web.Response:
        """Render a template."""
        text = self._environment.get_template(name).render(**values)
        return web.Response(text=text, content_type="text/html", headers=SECURITY_HEADERS)


@routes.get("/")
async def page(request: web.Request) -> web.Response:
    """Serve the page on which a visitor asks."""
    replies, knowledge = request.app[REPLIES], request.app[KNOWLEDGE]
    return request.app[PAGES].render(
        "page.html",
        title=knowledge.pack.title,
        hello=replies.hello(),
        footer=replies.footer(_setting(request)),
        starters=[replies.label(each) for each in knowledge.pack.starters if each in knowledge.approved()],
        ask_person=replies.say("ask_person"),
    )


@routes.get("/faq")
async def faq(request: web.Request) -> web.Response:
    """Serve all answers; no script is needed."""
    knowledge, replies = request.app[KNOWLEDGE], request.app[REPLIES]
    today = request.app[CLOCK].now().date()
    topics: OrderedDict[str, list[dict[str, object]]] = OrderedDict()
    for answer in knowledge.approved().values():
        shown = not (answer.time_bound and answer.is_overdue(today))
        sources = dict.fromkeys(reference.partition("#")[0] for reference in answer.sources)
        topics.setdefault(answer.topic, []).append(
            {
                "id": answer.id,
                "question": answer.question,
                "html": answer.html if shown else "",
                "withdrawn": "" if shown else replies.say("withdrawn", review_by=spoken(answer.review_by)),
                "sources": [knowledge.sources[name] for name in sources],
                "reviewed_on": spoken(answer.reviewed_on),
                "reviewed_by": answer.reviewed_by,
                "overdue": answer.is_overdue(today),
            }
        )
    return request.app[PAGES].render(
        "faq.html",
        title=knowledge.pack.title,
        topics=topics,
        hello=replies.hello(),
        footer=replies.footer(_setting(request)),
    )


@routes.get("/static/{name}")
async def static(request: web.Request) -> web.Response:
    """Serve the page's script, style and icon."""
    name = request.match_info["name"]
    if name not in _STATIC:
        raise web.HTTPNotFound
    return web.Response(
        body=request.app[PAGES].static[name],
        content_type=_STATIC[name],
        charset="utf-8",
        headers={"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"},
    )


def _setting(request: web.Request) -> Setting:
    return Setting(today=request.app[CLOCK].now().date(), site_country=request.app[SITE_COUNTRY])
