"""Everybody can use it: axe, focus, names, sizes, contrast, motion."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import DESKTOP, PHONE, Open, Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]
LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESKTOP},
    "phone": {"viewport": PHONE, "has_touch": True},
    "on its side": {"viewport": {"width": 740, "height": 360}, "has_touch": True},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "forced colours": {"viewport": DESKTOP, "forced_colors": "active"},
    "320 pixels": {"viewport": {"width": 320, "height": 568}},
    "400 %": {"viewport": {"width": 320, "height": 256}},
}


@pytest.mark.parametrize("look", LOOKS)
async def test_axe_finds_nothing_and_nothing_runs_over_the_edge(open_page: Open, look: str) -> None:
    """At the start, and with answers, choices and a crisis card shown, axe is content and nothing scrolls sideways."""
    visit = await open_page(**LOOKS[look])
    assert await visit.faults() == []
    for text in ("is it legal", "how long", "I want to kill myself", "is it legal"):
        await visit.ask(text)

    assert await visit.faults() == []
    assert not await visit.is_too_wide()


@pytest.mark.parametrize("look", ["desktop", "400 %"])
async def test_the_list_of_answers_is_as_good_without_javascript(open_page: Open, look: str) -> None:
    """All answers stand on /faq when no script runs, with their sources to open, and nothing scrolls sideways."""
    visit = await open_page("/faq", java_script_enabled=False, **LOOKS[look])
    answer = visit.page.locator("#is-it-approved")
    await answer.locator("summary").click()

    await expect(answer.locator(".sources li").first).to_be_visible()
    assert await visit.page.get_by_role("article").count() == len(visit.site.core.book.answers)
    assert (await visit.page.locator("body").bounding_box() or {"width": 9_999})["width"] <= LOOKS[look]["viewport"]["width"]


@pytest.mark.parametrize("look", ["phone", "dark"])
async def test_axe_finds_nothing_on_the_list_of_answers(open_page: Open, look: str) -> None:
    """/faq has no findings on a phone and in the dark."""
    visit = await open_page("/faq", **LOOKS[look])

    assert await visit.faults() == []


async def test_loading_steals_no_focus(visit: Visit) -> None:
    """After loading the focus is where a page begins."""
    await expect(visit.field).to_be_visible()

    assert await visit.page.evaluate("document.activeElement === document.body")


async def test_a_reply_steals_no_focus(visit: Visit) -> None:
    """While a reply arrives the focus stays in the field."""
    await visit.ask("is it legal")

    assert await visit.focused() == "message"


async def test_the_focus_goes_in_the_order_of_the_page(visit: Visit) -> None:
    """Tab goes from the skip link down to Erase, once through everything, and is never caught."""
    seen = []
    for _ in range(12):
        await visit.page.keyboard.press("Tab")
        seen.append(await visit.focused())

    assert seen[:3] == ["Skip to the question field", "Read all answers on one page", "988"]
    assert seen[-5:] == ["message", "send", "person", "save", "erase"]


async def test_the_focus_can_be_seen_on_everything(visit: Visit) -> None:
    """Whatever has the keyboard's focus has an outline of three pixels, and nothing covers it."""
    await visit.ask("is it legal")
    await visit.page.evaluate("document.body.tabIndex = -1; document.body.focus()")
    for _ in range(12):
        await visit.page.keyboard.press("Tab")
        outline, covered = await visit.page.evaluate(
            """() => {
              const one = document.activeElement, box = one.getBoundingClientRect()
              const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
              return [getComputedStyle(one).outlineWidth, !(one === top || one.contains(top) || top?.contains(one))]
            }"""
        )

        assert (outline, covered) == ("3px", False), await visit.focused()


async def test_the_parts_have_their_roles(visit: Visit) -> None:
    """The conversation is a log, how things stand is a status, what went wrong is an alert: there before they speak."""
    await expect(visit.log).to_have_attribute("aria-label", "Conversation")
    await expect(visit.status).to_be_attached()
    await expect(visit.alert).to_be_attached()
    await expect(visit.page.get_by_role("heading", level=1)).to_have_count(1)


async def test_a_button_is_called_what_is_written_on_it(visit: Visit) -> None:
    """Someone who speaks to the computer says what they read."""
    for name in ("Talk to a person", "Save", "Erase", "Send"):
        await expect(visit.button(name)).to_have_text(name)
        assert await visit.button(name).get_attribute("aria-label") is None


async def test_nothing_moves_for_who_wants_no_motion(open_page: Open) -> None:
    """With reduced motion the page jumps instead of gliding, and has no animation."""
    still = await open_page(reduced_motion="reduce")
    gliding = await open_page(reduced_motion="no-preference")
    behaviour = "getComputedStyle(document.documentElement).scrollBehavior"

    assert (await still.page.evaluate(behaviour), await gliding.page.evaluate(behaviour)) == ("auto", "smooth")
    assert await still.page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("look", ["phone", "on its side"])
async def test_the_field_does_not_cover_the_conversation(open_page: Open, look: str) -> None:
    """On a phone, upright or on its side, more than half of the screen is left for reading."""
    visit = await open_page(**LOOKS[look])
    await visit.ask("is it legal")
    footer = await visit.page.get_by_role("contentinfo").bounding_box()
    line = await visit.page.get_by_role("complementary").bounding_box()
    assert footer
    assert line

    assert footer["y"] - line["height"] > LOOKS[look]["viewport"]["height"] / 2


async def test_at_400_percent_everything_can_be_reached(open_page: Open) -> None:
    """Where the screen is very low nothing is sticky but the page scrolls, down to the field and its buttons."""
    visit = await open_page(**LOOKS["400 %"])
    await visit.ask("is it legal")
    await visit.button("Erase").scroll_into_view_if_needed()

    await expect(visit.button("Erase")).to_be_in_viewport()
