"""The page at ``/`` and the list of all answers at ``/faq``: no inline script or style, nothing from another host."""

import re
from collections import OrderedDict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from adapters.web.headers import PAGE_POLICY
from adapters.web.parts import CLOCK, SETTINGS
from bot.content import Book
from bot.model import Happened, HelpLine
from bot.replies import Replies, Setting, spoken

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
REPLIES = web.AppKey("replies", Replies)
BOOK = web.AppKey("book", Book)
PAGES: web.AppKey["Pages"] = web.AppKey("pages")
_DIALLED = re.compile(r"\+?[\d -]+")  # a number and nothing else: not "988, then press 1"
_PARTS = "contact elements help log people presence replies scroll sending status stream talk wire"
MODULES = tuple(f"page/{name}.js" for name in _PARTS.split())  # that page.js imports
_STATIC = {
    "page.css": "text/css",
    "icon.svg": "image/svg+xml",
    **dict.fromkeys(("page.js", *MODULES), "text/javascript"),
}
routes = web.RouteTableDef()


class Pages:
    """The templates and static files, read once."""

    def __init__(self) -> None:
        """Read the files beside this module."""
        self.static = {name: (HERE / "static" / name).read_bytes() for name in _STATIC}

    @cached_property
    def _environment(self) -> "Environment":
        from jinja2 import Environment, FileSystemLoader, select_autoescape  # the first page asks for it, no answer does

        return Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(["html"]), trim_blocks=True
        )

    def render(self, name: str, **values: object) -> web.Response:
        """Render a template."""
        text = self._environment.get_template(name).render(**values)
        headers = {"Content-Security-Policy": PAGE_POLICY}
        return _packed(web.Response(text=text, content_type="text/html", headers=headers))


@routes.get("/")
async def page(request: web.Request) -> web.Response:
    """Serve the page on which a visitor asks."""
    replies, book, settings = request.app[REPLIES], request.app[BOOK], request.app[SETTINGS]
    setting = _setting(request)
    return request.app[PAGES].render(
        "page.html",
        title=book.title,
        hello=replies.hello(),
        footer=_with_links(replies.footer(setting), book),
        starters=[replies.label(each) for each in book.starters if each in book.answers],
        ask_person=replies.say("ask_person"),
        privacy=replies.say("privacy", days=str(settings.keep_days), crisis_days=str(settings.keep_crisis_days)),
        facts={what.value: replies.fact(what, "{name}", setting) for what in Happened},
        someone=replies.say("someone"),
        person_typing=replies.say("person_typing", name="{name}"),
        modules=MODULES,
    )


@routes.get("/faq")
async def faq(request: web.Request) -> web.Response:
    """Serve all answers; no script is needed."""
    book, replies = request.app[BOOK], request.app[REPLIES]
    today = request.app[CLOCK].now().date()
    topics: OrderedDict[str, list[dict[str, object]]] = OrderedDict()
    for answer in book.answers.values():
        shown = not (answer.time_bound and answer.is_overdue(today))
        sources = dict.fromkeys(reference.partition("#")[0] for reference in answer.sources)
        topics.setdefault(answer.topic, []).append(
            {
                "id": answer.id,
                "question": answer.question,
                "html": answer.html if shown else "",
                "withdrawn": "" if shown else replies.say("withdrawn", review_by=spoken(answer.review_by)),
                "sources": [book.sources[name] for name in sources],
                "reviewed_on": spoken(answer.reviewed_on),
                "reviewed_by": answer.reviewed_by,
                "overdue": answer.is_overdue(today),
            }
        )
    return request.app[PAGES].render(
        "faq.html",
        title=book.title,
        topics=topics,
        hello=replies.hello(),
        footer=_with_links(replies.footer(_setting(request)), book),
    )


@routes.get("/static/{name}")
@routes.get("/static/page/{name}")
async def static(request: web.Request) -> web.Response:
    """Serve the page's scripts, style and icon."""
    name = request.path.removeprefix("/static/")
    if name not in _STATIC:
        raise web.HTTPNotFound
    return _packed(web.Response(body=request.app[PAGES].static[name], content_type=_STATIC[name], charset="utf-8"))


def _packed(response: web.Response) -> web.Response:
    """Compress a page or file where the browser takes it: a quarter of the bytes on a phone. None holds a secret."""
    response.enable_compression()
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _with_links(line: str, book: Book) -> list[tuple[str, str]]:
    """Cut the emergency line into texts and their targets, so that the number in it can be tapped."""
    ways = [way for lines in book.help.values() for help_line in lines for way in _ways(help_line)]
    found = max((way for way in ways if way[0] in line), key=lambda way: len(way[0]), default=None)
    if found is None:
        return [(line, "")]
    before, _, after = line.partition(found[0])
    return [(before, ""), found, (after, "")]


def _ways(line: HelpLine) -> list[tuple[str, str]]:
    calls = [(line.call, f"tel:{line.call.replace(' ', '')}")] if line.call and _DIALLED.fullmatch(line.call) else []
    return calls + ([(line.chat, f"https://{line.chat}")] if line.chat else [])


def _setting(request: web.Request) -> Setting:
    return Setting(today=request.app[CLOCK].now().date(), site_country=request.app[SETTINGS].country)
