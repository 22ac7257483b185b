"""Everybody can use it: axe in each state and look, the phone's full screen, languages."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.widget.conftest import Arrive, Guest, Host

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
LANGUAGES = {"es": "Enviar", "fr": "Envoyer", "de": "Senden", "pt": "Enviar"}


@pytest.mark.parametrize("look", LOOKS)
async def test_axe_finds_nothing_and_nothing_runs_over_the_edge(arrive: Arrive, look: str) -> None:
    """Closed, open, and with answers, choices, a card and the wish for a person shown, axe is content."""
    guest = await arrive(**LOOKS[look])
    assert await guest.faults() == []
    await guest.open()
    assert await guest.faults() == []
    for text in ("is it legal", "how long", "I want to kill myself", "I want to talk to a person"):
        await guest.ask(text)
    await guest.page.get_by_text("Options", exact=True).click()

    assert await guest.faults() == []
    assert not await guest.panel.evaluate("panel => panel.scrollWidth > panel.clientWidth")


@pytest.mark.parametrize("look", ["desktop", "phone"])
async def test_everything_is_large_enough_to_press(arrive: Arrive, look: str) -> None:
    """Every button, link and field is at least 24 pixels high, and what helps in danger at least 40."""
    guest = await arrive(**LOOKS[look])
    await guest.open()
    await guest.ask("I want to kill myself")
    parts = guest.panel.locator("button:visible, select:visible, summary:visible, a:visible, textarea:visible")
    sizes = [await part.bounding_box() or {"height": 0} for part in await parts.all()]
    ways = [await way.bounding_box() or {"height": 0} for way in await guest.panel.locator(".way").all()]

    assert min(size["height"] for size in sizes) >= 24
    assert min(way["height"] for way in ways) >= 40


async def test_on_a_phone_it_is_the_whole_screen_and_keeps_the_focus(arrive: Arrive) -> None:
    """Under 668 pixels the panel is modal: it covers the screen, Tab stays in it, and closing gives the focus back."""
    guest = await arrive(**LOOKS["phone"])
    await guest.open()
    box = await guest.panel.bounding_box()
    assert box == {"x": 0, "y": 0, "width": 360, "height": 740}
    assert await guest.focused() == "title"
    seen = set()
    for _ in range(30):
        await guest.page.keyboard.press("Tab")
        seen.add(await guest.focused())
    assert "Another page" not in seen
    assert {"exit", "close", "message", "person"} <= seen
    await guest.page.keyboard.press("Escape")

    await expect(guest.panel).to_be_hidden()
    assert await guest.focused() == "launch"


async def test_turning_the_screen_keeps_what_was_typed(arrive: Arrive) -> None:
    """From a phone's width to a desktop's and back it stays open, with the field and the focus as they were."""
    guest = await arrive(**LOOKS["phone"])
    await guest.open()
    await guest.field.fill("is it")
    for view in (DESKTOP, PHONE):
        await guest.page.set_viewport_size(view)  # type: ignore[arg-type]
        await expect(guest.field).to_be_focused()

    await expect(guest.field).to_have_value("is it")
    await expect(guest.panel).to_be_visible()


@pytest.mark.parametrize("code", LANGUAGES)
async def test_a_page_in_another_language_has_the_chat_in_it(arrive: Arrive, host: Host, code: str) -> None:
    """The launcher and the panel speak the language of the host's page; the answers' own language is said."""
    host.lang = code
    guest = await arrive()
    await guest.page.locator("#launch").click()
    await expect(guest.button(LANGUAGES[code])).to_be_visible()

    await expect(guest.panel).to_have_attribute("lang", code)
    assert await guest.page.locator("#launch").inner_text() != "Ask a question"
    assert await guest.faults() == []


async def test_a_visitor_can_choose_a_language_at_any_time(guest: Guest) -> None:
    """Choosing German writes all that stands around the conversation anew, and leaves what was said."""
    await guest.open()
    await guest.ask("is it legal")
    await guest.page.get_by_text("Options", exact=True).click()
    await guest.page.get_by_label("Language").select_option("de")

    await expect(guest.button("Senden")).to_be_visible()
    await expect(guest.panel).to_contain_text("Die Antworten hier gibt es nur auf Englisch.")
    await expect(guest.replies).to_have_count(1)


async def test_from_right_to_left_it_is_mirrored(arrive: Arrive, host: Host) -> None:
    """On a page from right to left the launcher and the panel stand on the left."""
    host.head = "<!-- -->"
    host.lang = 'en" dir="rtl'
    guest = await arrive()
    await guest.open()
    box = await guest.panel.bounding_box()

    assert box
    assert box["x"] < 100
