"""What a visitor in danger sees."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, Open, Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]
DANGER = "I want to kill myself"


async def test_the_emergency_line_is_there_before_anything_is_said(visit: Visit) -> None:
    """The quiet line names a number that can be tapped."""
    line = visit.page.get_by_role("complementary", name="Help now")

    await expect(line).to_contain_text("In danger now?")
    await expect(line.get_by_role("link", name="988")).to_have_attribute("href", "tel:988")


async def test_numbers_can_be_called_texted_and_chatted_with(visit: Visit) -> None:
    """Each way of each service is a link: tel, sms with the word filled in, and a chat in a tab of its own."""
    reply = await visit.ask(DANGER)
    targets = {await link.text_content(): await link.get_attribute("href") for link in await reply.get_by_role("link").all()}

    assert targets["Call 988"] == "tel:988"
    assert targets["Call 988, then press 1"] == "tel:988,1"
    assert targets["Text 988"] == "sms:988"
    assert targets["Text HOME to 741741"] == "sms:741741?&body=HOME"
    assert targets["Chat 988lifeline.org"] == "https://988lifeline.org"
    assert targets["Call 911"] == "tel:911"


async def test_a_chat_link_tells_nobody_where_it_was_pressed(visit: Visit) -> None:
    """It opens a tab of its own that knows neither the page nor its address."""
    reply = await visit.ask(DANGER)
    link = reply.get_by_role("link", name="Chat 988lifeline.org")

    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    await expect(link).to_have_attribute("target", "_blank")


async def test_all_that_the_server_said_is_on_the_card(visit: Visit) -> None:
    """Every word of the turn's text is shown: the service, its ways, what it is for and when."""
    async with visit.page.expect_response(lambda response: response.url.endswith("/messages")) as got:
        reply = await visit.ask(DANGER)
    turn = await (await got.value).json()
    shown = (await reply.inner_text()).lower()

    for line in turn["help"]:
        for part in (line["name"], line["call"], line["text"], line["chat"], line["hours"], line["what"]):
            assert (part or "").lower() in shown


async def test_the_numbers_stay_in_view_while_the_conversation_goes_on(open_page: Open) -> None:
    """However far the conversation has gone, on a phone too, the numbers stand at the top of the screen."""
    visit = await open_page(viewport=PHONE)
    await visit.ask(DANGER)
    for _ in range(3):
        await visit.ask("is it legal")
    pinned = visit.page.get_by_role("complementary").get_by_role("link", name="Call 988")

    await expect(pinned).to_be_in_viewport()
    await expect(visit.page.get_by_role("complementary").get_by_role("link", name="Call 911")).to_be_in_viewport()


async def test_a_number_can_be_reached_by_keyboard_from_the_field(visit: Visit) -> None:
    """All links on the card can be focused, and the focus is seen."""
    reply = await visit.ask(DANGER)
    link = reply.get_by_role("link", name="Call 988", exact=True)
    await visit.page.keyboard.press("Shift+Tab")
    await link.focus()

    await expect(link).to_be_in_viewport()


async def test_help_is_large_enough_for_a_shaking_thumb(open_page: Open) -> None:
    """On a phone every way to help is at least 40 pixels high."""
    visit = await open_page(viewport=PHONE, has_touch=True)
    await visit.ask(DANGER)
    heights = [(await way.bounding_box() or {"height": 0})["height"] for way in await visit.page.locator(".way").all()]

    assert len(heights) > 8
    assert min(heights) >= 40


async def test_the_number_is_there_when_nothing_else_works(open_page: Open) -> None:
    """Without JavaScript the emergency line, its link, and the way to all answers are on the page."""
    visit = await open_page(java_script_enabled=False)

    await expect(visit.page.get_by_role("link", name="988")).to_be_visible()
    await expect(visit.page.get_by_text("The chat needs JavaScript")).to_be_visible()
    await expect(visit.field).to_be_hidden()
