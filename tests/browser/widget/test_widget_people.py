"""People and trouble: a responder's reply, a reload in between, a server that is away, and a line that is gone."""

import pytest
from playwright.async_api import Route, expect

from bot.handoff import Claimed
from bot.model import ConversationId, MessageId, PersonSaid
from tests.browser.widget.conftest import Guest
from tests.conftest import DANA

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


async def say(guest: Guest, text: str) -> ConversationId:
    """Let Dana write in the one conversation."""
    (here,) = guest.site.store._kept
    said = PersonSaid(
        conversation_id=here,
        message_id=MessageId(text),
        at=guest.site.clock.now(),
        responder=DANA.id,
        name=DANA.name,
        text=text,
    )
    await guest.site.store.say(said)
    return here


async def call(guest: Guest) -> None:
    """Ask for a person, and let Dana come."""
    await guest.open()
    async with guest.page.expect_response(lambda response: response.url.endswith("/events")):
        await guest.button("Talk to a person").click()
    (here,) = guest.site.store._kept
    await guest.site.store.act(here, Claimed(by=DANA), guest.site.clock.now())
    await expect(guest.log.locator(".fact").last).to_contain_text("Dana is here")


async def test_a_person_answers_live(guest: Guest) -> None:
    """Their reply comes by itself, by name; what the visitor writes then is delivered to them."""
    await call(guest)
    await say(guest, "Hello, I am Dana.")
    await expect(guest.log.locator(".person")).to_contain_text("Dana · a person on the team")
    await guest.field.fill("Thank you")
    await guest.field.press("Enter")

    await expect(guest.questions.last).to_contain_text("Delivered to Dana")


async def test_a_reply_to_a_closed_panel_stands_on_the_launcher(guest: Guest) -> None:
    """Whoever closed the chat sees on the launcher that somebody has written."""
    await call(guest)
    await guest.button("Close").click()
    await say(guest, "Are you there?")

    await expect(guest.button("Dana has written to you.")).to_be_visible()


async def test_a_reload_goes_on_where_it_was(guest: Guest) -> None:
    """After a reload all that was said stands there once and in order, with buttons and facts, and new replies arrive."""
    await guest.open()
    await guest.ask("is it legal")
    await guest.button("Close").click()
    await call(guest)
    await say(guest, "Hello.")
    await expect(guest.log.locator(".person")).to_have_count(1)
    before = await guest.log.inner_text()
    await guest.page.reload()
    await expect(guest.log.locator(".person")).to_have_count(1)
    assert await guest.log.inner_text() == before
    assert await guest.page.evaluate("document.activeElement === document.body")
    await say(guest, "Still here.")

    await expect(guest.log.locator(".person").last).to_contain_text("Still here.")
    await expect(guest.panel).to_be_visible()


async def test_what_is_sent_offline_waits_and_goes_out(guest: Guest) -> None:
    """Offline is said; two messages wait, and go out in their order when the line is back, each once."""
    await guest.open()
    await guest.page.context.set_offline(True)
    await expect(guest.status).to_contain_text("You are offline.")
    for text in ("hello", "is it legal"):
        await guest.field.fill(text)
        await guest.field.press("Enter")
    await guest.page.context.set_offline(False)
    await expect(guest.replies).to_have_count(2)

    (kept,) = guest.site.store._kept.values()
    assert [turn.visitor_text for turn in kept.turns.values()] == ["hello", "is it legal"]


async def test_a_server_that_is_away_leaves_numbers_and_a_way_to_try_again(guest: Guest) -> None:
    """The message says that it was not sent, the number and all answers can be reached, and one press sends it."""
    await guest.open()
    await guest.site.stop()
    await guest.field.fill("is it legal")
    await guest.field.press("Enter")
    await expect(guest.alert).to_contain_text("Your message could not be sent.")
    await expect(guest.help.get_by_role("link", name="988")).to_be_visible()
    assert await guest.faults() == []
    await guest.site.start()
    await guest.questions.get_by_role("button", name="Try again").click()

    await expect(guest.replies).to_have_count(1)
    await expect(guest.alert).to_be_empty()


async def test_a_message_of_html_is_shown_as_text(guest: Guest) -> None:
    """Nothing that is typed becomes part of the page."""
    await guest.open()
    await guest.ask("<img src=x onerror=alert(1)> <b>is it legal</b>")

    await expect(guest.questions.last).to_contain_text("<b>is it legal</b>")
    await expect(guest.log.locator("img, b")).to_have_count(0)


async def test_a_way_to_be_reached_can_be_left_and_taken_back(guest: Guest) -> None:
    """Where a person was called for a field is offered; what is left stands in view, and one press takes it back."""
    await call(guest)
    await guest.log.get_by_text("Leave a way to reach you").click()
    await guest.page.get_by_label("How can the team reach you?").fill("555 0100")
    await guest.button("Send to the team").click()
    await expect(guest.log.get_by_text("The team can reach you here: 555 0100")).to_be_focused()
    await guest.button("Take it back").click()

    await expect(guest.log.get_by_text("Taken back. The team no longer has it.")).to_be_focused()


async def test_a_server_started_again_goes_unnoticed(guest: Guest) -> None:
    """With a store that lasts, a reply that is written after the restart reaches the panel that was open all the while."""
    await call(guest)
    await guest.site.stop()
    await guest.site.start(guest.site.store)
    await say(guest, "I am back.")

    await expect(guest.log.locator(".person")).to_contain_text("I am back.", timeout=20_000)
    await expect(guest.log.locator(".person")).to_have_count(1)


async def test_too_many_messages_wait_and_go_out_by_themselves(guest: Guest) -> None:
    """A message past the limit says when it goes out, is kept, and is sent once."""
    await guest.open()
    tries = []

    async def refuse_once(route: Route) -> None:
        tries.append(1)
        headers = {"Retry-After": "1", "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}
        await (route.fulfill(status=429, body="{}", headers=headers) if len(tries) == 1 else route.continue_())

    await guest.page.route("**/messages", refuse_once)
    await guest.field.fill("is it legal")
    await guest.field.press("Enter")
    await expect(guest.alert).to_contain_text("Yours goes out by itself at")
    await expect(guest.replies).to_have_count(1)

    assert len(tries) == 2
