"""The server away, started again, or the line gone: nothing that was typed is lost, and nothing is said twice."""

import pytest
from playwright.async_api import Route, expect

from adapters.web.parts import SESSIONS
from tests.browser.conftest import Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


async def test_a_server_that_is_away_is_said_and_tried_again(visit: Visit) -> None:
    """The message says "Not sent", help stays in view, and one press sends it once the server is back: one turn."""
    await visit.field.fill("is it legal")
    await visit.site.stop()
    await visit.field.press("Enter")
    await expect(visit.status).to_have_text("Still trying…")
    await expect(visit.alert).to_contain_text("Your message could not be sent.")
    await expect(visit.page.get_by_role("complementary")).to_be_in_viewport()
    assert await visit.faults() == []
    await visit.site.start()
    await visit.questions.get_by_role("button", name="Try again").click()

    await expect(visit.replies).to_have_count(1)
    await expect(visit.questions).to_have_count(1)
    await expect(visit.alert).to_be_empty()
    assert [len(kept.turns) for kept in visit.site.store._kept.values()] == [1]


async def test_a_server_that_comes_back_soon_is_not_noticed(visit: Visit) -> None:
    """A message sent while the server is away arrives by itself when it is back in time."""
    await visit.field.fill("is it legal")
    await visit.site.stop()
    await visit.field.press("Enter")
    await expect(visit.status).to_have_text("Still trying…")
    await visit.site.start()

    await expect(visit.replies).to_have_count(1)
    await expect(visit.alert).to_be_empty()


async def test_a_reply_that_got_lost_is_fetched_and_not_said_twice(visit: Visit) -> None:
    """When the message arrived but its reply did not, the same message id is sent again and there is one turn."""
    ids = []

    async def lose_the_first(route: Route) -> None:
        ids.append((route.request.post_data_json or {})["message_id"])
        if len(ids) == 1:
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    await visit.page.route("**/messages", lose_the_first)
    await visit.ask("is it legal")

    assert ids == [ids[0]] * 2
    assert [len(kept.turns) for kept in visit.site.store._kept.values()] == [1]


async def test_a_server_started_again_in_the_middle_loses_nothing(visit: Visit) -> None:
    """The next message begins a new conversation by itself; what is on the page stays, and the page says what was lost."""
    await visit.ask("is it legal")
    await visit.site.stop()
    await visit.site.start()
    reply = await visit.ask("is it approved by the fda")

    await expect(reply).to_contain_text("FDA")
    await expect(visit.questions).to_have_count(2)
    await expect(visit.log.locator(".note")).to_have_text(
        "The assistant was started again. It no longer has what was said above."
    )


async def test_the_numbers_stay_when_the_server_was_started_again(visit: Visit) -> None:
    """Danger that was said before the restart keeps its numbers in view, though the server has forgotten."""
    await visit.ask("I want to kill myself")
    await visit.site.stop()
    await visit.site.start()
    await visit.ask("is it legal")

    await expect(visit.page.get_by_role("complementary").get_by_role("link", name="Call 988")).to_be_visible()


async def test_two_messages_that_were_not_sent_are_both_kept(visit: Visit) -> None:
    """Each says so at itself, and trying again sends both in their order."""
    await visit.site.stop()
    for text in ("hello", "is it legal"):
        await visit.field.fill(text)
        await visit.field.press("Enter")
    await expect(visit.log.get_by_role("button", name="Try again")).to_have_count(2)
    await visit.site.start()
    await visit.log.get_by_role("button", name="Try again").first.click()
    await expect(visit.replies).to_have_count(2)

    (kept,) = visit.site.store._kept.values()
    assert [turn.visitor_text for turn in kept.turns.values()] == ["hello", "is it legal"]


async def test_who_is_offline_is_told_and_the_message_waits(visit: Visit) -> None:
    """What is sent offline goes out by itself when the line is back."""
    await visit.page.context.set_offline(True)
    await expect(visit.status).to_contain_text("You are offline.")
    await visit.field.fill("is it legal")
    await visit.field.press("Enter")
    await expect(visit.questions).to_have_count(1)
    await visit.page.context.set_offline(False)

    await expect(visit.replies).to_have_count(1)
    await expect(visit.status).to_be_empty()


async def test_a_fault_of_the_server_is_tried_again(visit: Visit) -> None:
    """An error of the server is not shown as an answer; the message goes again."""
    tries = []

    async def fail_once(route: Route) -> None:
        tries.append(1)
        await (route.fulfill(status=503, body="{}") if len(tries) == 1 else route.continue_())

    await visit.page.route("**/messages", fail_once)
    await visit.ask("is it legal")

    assert len(tries) == 2


async def test_a_conversation_that_ended_elsewhere_is_begun_anew(visit: Visit) -> None:
    """A message to a conversation that the server let go of gets its reply in a new one."""
    await visit.ask("is it legal")
    (conversation_id,) = visit.site.store._kept
    await visit.site.conversations.erase(conversation_id)
    visit.site.app[SESSIONS].forget(conversation_id)
    await visit.ask("is it approved by the fda")

    await expect(visit.replies).to_have_count(2)
