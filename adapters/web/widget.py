"""The widget for other sites' pages: ``/handrail.js`` carries its style, English and the help numbers, and asks for no more.

The parts under ``static/widget`` are ES modules with types, one idea each. They are joined here when first asked for: one
request instead of twenty, nothing to build, and the pack's own words and numbers are in it before anybody opens it. What
counts a conversation's entries is the page's own part.
"""

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from aiohttp import hdrs, web

from adapters.web.parts import CLOCK, SETTINGS
from bot.content import Book
from bot.model import Happened, HelpLine
from bot.replies import Replies, Setting
from bot.replies.lines import ANYWHERE
from bot.settings import Settings

HERE = Path(__file__).parent / "static"
_OWN = "wire dom numbers replies kept exit order sending presence contact frame chat element"
PARTS = ("page/talk.js", *(f"widget/{name}.js" for name in _OWN.split()))
LOCALES = ("en", "es", "fr", "de", "pt")
FRESH_S = 300  # a changed number reaches every page within five minutes
_PLAIN = ("ask_person", "someone", "footer_unknown")
_DANGER = ("crisis", "emergency")
_COMMENT = re.compile(r"(^|\s)//\s.*$|^/?\*(\*|/|\s|$).*$")  # in our own style a comment ends its line
_TEXT = r"'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`"
_PATTERN = r"(?<=[(,=&|!])[ ]?/(?![*/\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+/[a-z]*"
# Beside these signs a space or a new line means nothing, but a new line after a closing bracket does.
_SIGN = r"\s*(?P<sign>=>|!==|[=+*<>&|?:-]+|[,;{(\[]|\.{3})\s*|\s*(?P<end>[})\]]) ?"
_SPACES = re.compile(f"(?P<text>{_TEXT}|{_PATTERN})|{_SIGN}")
_PRIVATE = re.compile(r"(?<![\w'\"`])#(?=[a-z])(\w+)\b")  # no text in the sources holds one
WIDGET: web.AppKey["Widget"] = web.AppKey("widget")
routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file as it is sent."""

    body: bytes
    packed: bytes
    kind: str
    etag: str

    @classmethod
    def of(cls, text: str, kind: str) -> "File":
        """Pack a text once for all who ask."""
        body = text.encode()
        return cls(body=body, packed=gzip.compress(body, 9, mtime=0), kind=kind, etag=hashlib.sha256(body).hexdigest()[:20])


class Widget:
    """The script and its words, made when they are first asked for."""

    def __init__(self, replies: Replies, book: Book, settings: Settings, setting: Setting) -> None:
        """Take whose words they are."""
        self._replies, self._book, self._settings, self._setting = replies, book, settings, setting
        self._words: dict[str, File] = {}

    @cached_property
    def script(self) -> File:
        """The one file that a host page names."""
        names = {locale: _catalogue(locale) for locale in LOCALES}
        bundle = {
            "style": _tight((HERE / "widget" / "widget.css").read_text(encoding="utf-8")),
            "words": self._said("en"),
            "starters": [self._replies.label(each) for each in self._book.starters if each in self._book.answers],
            "help": {_code(each): _for_danger(self._book.help[each]) for each in sorted(self._book.help, key=_code)},
            "country": self._settings.country or self._book.default_country,
            "locales": {locale: [words["name"], words["launch"]] for locale, words in names.items()},
        }
        parts = "\n".join(_without_comments((HERE / name).read_text(encoding="utf-8")) for name in PARTS)
        return File.of(f"(() => {{\nconst BUNDLE = {_compact(bundle)}\n{parts}\n}})()\n", "text/javascript")

    def words(self, locale: str) -> File:
        """What the widget and the bot say in a language."""
        if locale not in self._words:
            self._words[locale] = File.of(_compact(self._said(locale)), "application/json")
        return self._words[locale]

    def _said(self, locale: str) -> dict[str, str]:
        setting = Setting(today=self._setting.today, site_country=self._settings.country, locale=locale)
        say, days, crisis_days = self._replies.say, self._settings.keep_days, self._settings.keep_crisis_days
        is_packs = locale == self._book.locale
        return {
            **_catalogue(locale),
            "locale": locale,
            "title": self._book.title,
            "hello": say("hello", setting),
            "privacy": say("privacy", setting, days=str(days), crisis_days=str(crisis_days)),
            "footer": say("footer", setting, number="{number}"),
            "person_typing": say("person_typing", setting, name="{name}"),
            "answers_in": "" if is_packs else say("answers_in", setting),
            **{name: say(name, setting) for name in _PLAIN},
            **{f"fact_{what.value}": self._replies.fact(what, "{name}", setting) for what in Happened},
        }


def add_widget(app: web.Application, replies: Replies, book: Book) -> None:
    """Serve the widget from an application."""
    app[WIDGET] = Widget(replies, book, app[SETTINGS], Setting(today=app[CLOCK].now().date()))
    app.add_routes(routes)


@routes.get("/handrail.js")
async def script(request: web.Request) -> web.Response:
    """Serve the widget."""
    return _sent(request, request.app[WIDGET].script)


@routes.get("/handrail/{locale}.json")
async def words(request: web.Request) -> web.Response:
    """Serve the words of one language."""
    locale = request.match_info["locale"]
    if locale not in LOCALES:
        raise web.HTTPNotFound
    return _sent(request, request.app[WIDGET].words(locale))


def _sent(request: web.Request, file: File) -> web.Response:
    headers = {"Cache-Control": f"public, max-age={FRESH_S}", "Vary": "Accept-Encoding", "ETag": f'"{file.etag}"'}
    if any(each.value == file.etag for each in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    is_packed = "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")
    if is_packed:
        headers["Content-Encoding"] = "gzip"
    body = file.packed if is_packed else file.body
    return web.Response(body=body, content_type=file.kind, charset="utf-8", headers=headers)


def _without_comments(text: str) -> str:
    """Return a source for the way: without comments, needless spaces, and what joins modules."""
    text = re.sub(r"/\*(?!\*/).*?\*/", "", text, flags=re.DOTALL)
    lines = (_COMMENT.sub("", line.strip()).strip() for line in text.splitlines())
    kept = _shortened("\n".join(line.removeprefix("export ") for line in lines if line and not line.startswith("import ")))
    return _SPACES.sub(lambda found: found["text"] or found["sign"] or found["end"], kept)


def _shortened(source: str) -> str:
    """Return a part with its private names cut to a letter: what no other part can see, none can miss."""
    names = dict.fromkeys(_PRIVATE.findall(source))
    short = {name: chr(97 + at % 26) * (at // 26 + 1) for at, name in enumerate(names)}
    return _PRIVATE.sub(lambda found: f"#{short[found[1]]}", source)


def _tight(style: str) -> str:
    """Return a stylesheet without comments and the spaces that mean nothing in it."""
    return re.sub(r"\s*([{};,])\s*|(?<=:) ", r"\1", re.sub(r"/\*.*?\*/|\n\s*", "", style, flags=re.DOTALL))


def _catalogue(locale: str) -> dict[str, str]:
    given: dict[str, str] = json.loads((HERE / "widget" / f"{locale}.json").read_text(encoding="utf-8"))
    return given


def _code(country: str) -> str:
    """Return how a country is called; "any" comes after all of them."""
    return country if country == ANYWHERE else country.upper()


def _for_danger(lines: tuple[HelpLine, ...]) -> list[list[str | None]]:
    """Return the first line for a crisis and the first for an emergency: what can be called before anything is said."""
    firsts = (next((line for line in lines if purpose in line.for_), None) for purpose in _DANGER)
    return [[line.call, line.text, line.chat] for line in firsts if line]


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
