"""Asking and reading, by keyboard and by pointer."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, Open, Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


async def test_a_question_is_asked_and_answered_by_keyboard_alone(visit: Visit) -> None:
    """From the top of the page: skip to the field, type, Enter; the answer has its sources and the date of its check."""
    await visit.page.keyboard.press("Tab")
    await visit.page.keyboard.press("Enter")
    await visit.page.keyboard.type("is it approved by the fda")
    await visit.page.keyboard.press("Enter")

    await expect(visit.replies.last).to_contain_text("FDA")
    await expect(visit.replies.last).to_contain_text("24 November 2026")
    await expect(visit.replies.last.locator("summary")).to_have_text(re.compile(r"^\d sources?$"))


async def test_sources_open_by_keyboard(visit: Visit) -> None:
    """From the field, Shift+Tab leads back to the answer, and Enter opens its sources."""
    reply = await visit.ask("is it approved by the fda")
    summary = reply.locator("summary")
    for _ in range(20):
        await visit.page.keyboard.press("Shift+Tab")
        if await summary.evaluate("node => node === document.activeElement"):
            break
    await visit.page.keyboard.press("Enter")

    await expect(reply.locator(".sources li").first).to_be_visible()


async def test_enter_sends_and_shift_enter_makes_a_line(visit: Visit) -> None:
    """A message of two lines is sent as two lines."""
    await visit.field.type("is it")
    await visit.page.keyboard.press("Shift+Enter")
    await visit.field.type("legal")
    await visit.page.keyboard.press("Enter")

    await expect(visit.questions.locator("p")).to_have_text("is it\nlegal", use_inner_text=True)
    await expect(visit.field).to_have_value("")


async def test_the_button_sends_too(visit: Visit) -> None:
    """Send does what Enter does, and keeps the focus."""
    await visit.field.fill("is it legal")
    await visit.button("Send").click()

    await expect(visit.replies.last).to_contain_text("not legal")
    assert await visit.focused() == "send"


async def test_nothing_is_not_sent(visit: Visit) -> None:
    """An empty field, or spaces, is met with a word and sends nothing."""
    await visit.field.fill("   ")
    await visit.field.press("Enter")

    await expect(visit.status).to_have_text("Please type a question first.")
    await expect(visit.questions).to_have_count(0)


async def test_did_you_mean_is_buttons(visit: Visit) -> None:
    """An unclear question is answered with a named group of buttons; one press asks the question on it."""
    reply = await visit.ask("how long")
    choice = reply.get_by_role("group", name="Did you mean").get_by_role("button").first
    asked = await choice.inner_text()
    await choice.press("Enter")

    await expect(visit.questions.last).to_contain_text(asked)
    await expect(visit.replies).to_have_count(2)
    await expect(visit.replies.last.locator("summary")).to_be_visible()


async def test_a_first_question_may_be_picked(visit: Visit) -> None:
    """The questions to begin with are asked by a press, then leave, and the focus goes to the conversation."""
    await visit.button("Is it approved by the FDA?").press("Enter")

    await expect(visit.replies).to_have_count(1)
    await expect(visit.page.get_by_role("region", name="You could ask")).to_be_hidden()
    assert await visit.focused() == "log"


async def test_two_questions_are_answered_under_their_headings(visit: Visit) -> None:
    """Of two answers each stands under its question, and each has its date."""
    reply = await visit.ask("How long does one session take? How much does it cost?")

    await expect(reply.locator(".asked")).to_have_count(2)
    await expect(reply.locator(".review")).to_have_count(2)


async def test_a_person_can_be_asked_for_at_any_time(visit: Visit) -> None:
    """The button is there from the start and speaks in the pack's words."""
    await visit.button("Talk to a person").click()

    await expect(visit.questions.last).to_contain_text("I would like to talk to a person, please.")
    await expect(visit.replies.last).to_contain_text("noted for the team")


async def test_what_is_typed_is_shown_as_text(visit: Visit) -> None:
    """HTML and Markdown are shown as they were typed, and nothing of them runs."""
    hostile = '<img src=x onerror="document.title=1"> **bold** [a](javascript:1) <script>document.title=2</script>'
    await visit.ask(hostile)

    await expect(visit.questions.last.locator("p")).to_have_text(hostile)
    assert await visit.log.locator("img, script, b, strong, a").count() == 0
    assert await visit.page.title() == "MDMA-assisted therapy for PTSD: ask a question"


async def test_a_helpful_answer_is_said_to_be_so(visit: Visit) -> None:
    """The word "Yes" thanks, keeps the focus in its place, and is counted."""
    reply = await visit.ask("is it approved by the fda")
    async with visit.page.expect_response(lambda response: response.url.endswith("/feedback")) as got:
        await reply.get_by_role("button", name="Yes").press("Enter")

    assert (await got.value).status == 200
    await expect(reply.locator(".thumbs")).to_have_text("Thank you.")
    assert await visit.focused() == "Thank you."


async def test_what_is_wrong_can_be_said_by_keyboard(visit: Visit) -> None:
    """The word "No" asks for the reason with buttons, and the focus is on the first."""
    reply = await visit.ask("is it approved by the fda")
    await reply.get_by_role("button", name="No", exact=True).press("Enter")
    assert await visit.focused() == "It is wrong"
    async with visit.page.expect_request(lambda request: request.url.endswith("/feedback")) as sent:
        await reply.get_by_role("button", name="It is out of date").press("Enter")

    assert (await sent.value).post_data_json == {"n": 1, "verdict": "down", "reason": "outdated"}


async def test_a_long_answer_is_read_from_its_beginning(open_page: Open) -> None:
    """On a phone a reply that is higher than the screen begins in view, below the emergency line, its question above it."""
    visit = await open_page(viewport=PHONE)
    await visit.ask("is it legal")
    reply = await visit.ask("I want to kill myself")
    line = await visit.page.get_by_role("complementary", name="Help now").bounding_box()
    box = await reply.bounding_box()
    assert line
    assert box

    assert line["y"] == 0
    assert line["height"] < box["y"] < PHONE["height"] / 2


async def test_messages_typed_fast_are_answered_in_order(visit: Visit) -> None:
    """Three questions sent without waiting get three replies in the order of the questions."""
    for text in ("hello", "is it legal", "thanks"):
        await visit.field.fill(text)
        await visit.field.press("Enter")
    await expect(visit.replies).to_have_count(3)

    assert [(await visit.replies.nth(at).text_content() or "")[9:15] for at in (0, 2)] == ["Hello.", "You're"]
