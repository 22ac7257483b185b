"""The widget's files: how large they are, who may load them, and that every language says everything."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from adapters.web.widget import LOCALES, PARTS, WIDGET
from tests.conftest import ROOT
from tests.web.conftest import FRIEND
from tests.web.sites import Site, Visitor

SOURCES = ROOT / "adapters" / "web" / "static"
ENGLISH: dict[str, str] = json.loads((SOURCES / "widget" / "en.json").read_text(encoding="utf-8"))
KIB = 1024
MOST_KIB, MOST_WITH_PACK_KIB = 15.0, 15.7


def bundle_of(text: str) -> dict[str, Any]:
    """Return what the server put before the parts."""
    given: dict[str, Any] = json.loads(text.split("const BUNDLE = ", 1)[1].split("\n", 1)[0])
    return given


async def test_the_whole_widget_is_small(visitor: Visitor) -> None:
    """Script, style and the English of the interface are at most 15 KiB in gzip."""
    text = (await visitor.call("GET", "/handrail.js", Accept_Encoding="identity")).text
    bundle = bundle_of(text)
    bundle["words"] = {name: said for name, said in bundle["words"].items() if name in ENGLISH}
    own = text.replace(text.splitlines()[1], "const BUNDLE = " + json.dumps(bundle | {"starters": [], "help": {}}))

    assert len(gzip.compress(own.encode(), 9)) <= MOST_KIB * KIB


async def test_what_is_sent_is_small_too(visitor: Visitor, site: Site) -> None:
    """With the pack's greeting, privacy line, first questions and all countries' numbers in it, it is hardly more."""
    got = await visitor.call("GET", "/handrail.js", Accept_Encoding="gzip")

    assert got.headers["Content-Encoding"] == "gzip"
    assert len(site.app[WIDGET].script.packed) <= MOST_WITH_PACK_KIB * KIB


@pytest.mark.parametrize("path", ["/handrail.js", "/handrail/de.json"])
async def test_any_page_may_load_the_files(visitor: Visitor, path: str) -> None:
    """They hold nothing about anybody: every origin may read them, for five minutes without asking again."""
    got = await visitor.call("GET", path, Origin="https://anywhere.example")

    assert got.status == 200
    assert got.headers["Access-Control-Allow-Origin"] == "*"
    assert got.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert got.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in got.headers


async def test_a_page_may_read_when_to_come_back(visitor: Visitor) -> None:
    """An allowed page can read ``Retry-After``, so that the widget can say when a held message goes out."""
    got = await visitor.call("GET", visitor.path("transcript"), Origin=FRIEND)

    assert got.headers["Access-Control-Expose-Headers"] == "Retry-After"


async def test_a_browser_that_has_it_gets_nothing_again(visitor: Visitor) -> None:
    """The same file is answered with 304."""
    tag = (await visitor.call("GET", "/handrail.js")).headers["Etag"]

    assert (await visitor.call("GET", "/handrail.js", If_None_Match=tag)).status == 304


async def test_an_unknown_language_is_not_there(visitor: Visitor) -> None:
    """A language without a catalogue gets 404, and so does a path in the place of one."""
    for name in ("xx", "..%2Fen", "en.json%00"):
        assert (await visitor.call("GET", f"/handrail/{name}.json")).status == 404


@pytest.mark.parametrize("locale", LOCALES)
async def test_every_language_says_everything(visitor: Visitor, locale: str) -> None:
    """Each has every sentence of English, with the same {braces}, and the pack's own sentences beside."""
    words = (await visitor.call("GET", f"/handrail/{locale}.json")).json
    braces = re.compile(r"\{\w+\}")

    assert set(ENGLISH) <= set(words)
    assert all(set(braces.findall(words[name])) == set(braces.findall(said)) for name, said in ENGLISH.items())
    assert words["hello"]
    assert words["fact_here"].count("{name}") == 1
    assert bool(words["answers_in"]) == (locale != "en")


async def test_the_numbers_of_every_country_are_in_it(visitor: Visitor, site: Site) -> None:
    """Before anything is asked of the server each country's first lines for a crisis and an emergency can be shown."""
    bundle = bundle_of((await visitor.call("GET", "/handrail.js")).text)

    assert bundle["country"] == "US"
    assert bundle["help"]["US"] == [["988", "988", "988lifeline.org"], ["911", None, None]]
    assert {code.lower() for code in bundle["help"]} == set(site.core.book.help)


async def test_it_names_no_other_host_and_runs_no_text(visitor: Visitor) -> None:
    """No ``eval``, no HTML from text, no inline style, and no address but the neutral page and those of the pack."""
    text = (await visitor.call("GET", "/handrail.js")).text
    script = text.split("\n", 2)[2]

    assert not re.search(
        r"\beval\(|new Function|innerHTML|insertAdjacentHTML|setAttribute\('style'|document\.cookie", script
    )
    assert set(re.findall(r"https?://[^'`$]+", script)) == {"https://www.wikipedia.org/"}


def test_no_part_holds_what_joining_would_break() -> None:
    """What is cut away on joining stands in no text: comments end their line, and names of modules are unlike."""
    names: list[str] = []
    for part in map(Path, PARTS):
        source = (SOURCES / part).read_text(encoding="utf-8")
        names += re.findall(r"^(?:export )?(?:async )?(?:const|let|function|class) (\w+)", source, re.MULTILINE)

        assert not re.search(r"'[^'\n]*\s//[^'\n]*'|[\"'`]#[a-z]|^import [^\n]*\{\s*$", source, re.MULTILINE), part
    assert len(names) == len(set(names))
