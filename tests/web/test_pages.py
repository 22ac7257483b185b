"""The page, the list of all answers, the files of the page, and what an operator's tools read."""

from datetime import UTC, datetime

import pytest
from aiohttp import ClientSession

from adapters.web.pages import REPLIES
from bot.assembly import Core
from bot.replies import Setting
from tests.conftest import ROOT
from tests.web.sites import Site, Visitor

LATER = datetime(2040, 1, 1, tzinfo=UTC)  # when every answer is past its date


async def test_the_page_greets_in_the_words_of_the_pack(visitor: Visitor, site: Site) -> None:
    """What the page says for the bot is the pack's wording: the greeting and what the button for a person sends."""
    got = await visitor.call("GET", "/")
    replies = site.app[REPLIES]

    assert got.headers["Content-Type"] == "text/html; charset=utf-8"
    assert replies.hello() in got.text
    assert f'data-says="{replies.say("ask_person")}"' in got.text


@pytest.mark.parametrize("path", ["/", "/faq"])
async def test_the_emergency_line_can_be_tapped(visitor: Visitor, path: str) -> None:
    """Both pages have the line with the site's number as a link."""
    assert (
        'In danger now? Call <a href="tel:988">988</a>, or your local emergency number.'
        in (await visitor.call("GET", path)).text
    )


async def test_the_line_of_a_site_elsewhere_has_its_own_number(core: Core, web_client: ClientSession) -> None:
    """A British site shows and links the British number."""
    site = await Site(core, country="GB").start()
    got = await Visitor(web_client, site).call("GET", "/")
    number = site.app[REPLIES].footer(Setting(today=site.clock.now().date(), site_country="GB"))
    await site.stop()

    assert "988" not in got.text
    assert '<a href="tel:' in got.text
    assert number.split("Call ")[1].split(",")[0] in got.text


async def test_every_approved_answer_is_on_the_list(visitor: Visitor, site: Site) -> None:
    """/faq has each answer under its id, with when and by whom it was checked, and its sources."""
    text = (await visitor.call("GET", "/faq")).text
    approved = site.core.book.answers

    assert all(f'<article id="{answer_id}">' in text for answer_id in approved)
    assert text.count('<p class="review">Checked on ') == len(approved)


async def test_an_answer_past_its_date_is_withdrawn_from_the_list_too(visitor: Visitor, site: Site) -> None:
    """What ages and is overdue is not shown; what does not age is shown with a word on its date."""
    site.clock.at = LATER
    text = (await visitor.call("GET", "/faq")).text
    ageing = [answer for answer in site.core.book.answers.values() if answer.time_bound]

    assert ageing
    assert text.count("so I would rather not show it.") == len(ageing)
    assert all(answer.html not in text for answer in ageing)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("page.js", "text/javascript"), ("page.css", "text/css"), ("icon.svg", "image/svg+xml")],
)
async def test_the_files_of_the_page_are_served_as_they_are(visitor: Visitor, name: str, kind: str) -> None:
    """Each has its type and the bytes of the file."""
    got = await visitor.call("GET", f"/static/{name}")

    assert got.headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert got.text == (ROOT / "adapters" / "web" / "static" / name).read_text(encoding="utf-8")


async def test_pages_are_packed_for_the_way(visitor: Visitor) -> None:
    """A browser that takes gzip gets it; on a phone the list of answers is a quarter of its size."""
    assert (await visitor.call("GET", "/faq", Accept_Encoding="gzip")).headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in (await visitor.call("GET", "/faq", Accept_Encoding="identity")).headers


async def test_no_page_names_another_host_or_carries_inline_code(visitor: Visitor) -> None:
    """Neither page has inline script or style, or a script, style, picture or font of another host."""
    for path in ("/", "/faq"):
        text = (await visitor.call("GET", path)).text

        assert "<script>" not in text
        assert "<style" not in text
        assert " style=" not in text
        assert 'src="http' not in text


async def test_health_is_that_the_process_runs(visitor: Visitor) -> None:
    """/healthz says ok."""
    got = await visitor.call("GET", "/healthz")

    assert (got.status, got.json) == (200, {"status": "ok"})


async def test_readiness_names_its_parts(visitor: Visitor, site: Site) -> None:
    """/readyz says that questions can be answered, turns recorded, and the team told."""
    got = await visitor.call("GET", "/readyz")

    assert got.status == 200
    assert got.json == {
        "status": "ready",
        "parts": {"index": True, "store": True, "responder": True},
        "answers": len(site.core.book.answers),
    }


async def test_the_counters_count(visitor: Visitor) -> None:
    """/metrics is Prometheus's text with conversations, turns by kind, answers and times."""
    await visitor.say("is it approved by the fda")
    got = await visitor.call("GET", "/metrics")

    assert got.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "handrail_conversations_total 1.0" in got.text
    assert 'handrail_turns_total{kind="answer"} 1.0' in got.text
    assert 'handrail_answers_total{answer="is-it-approved"} 1.0' in got.text
    assert "handrail_turn_seconds_count 1.0" in got.text
