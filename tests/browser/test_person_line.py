"""The line to the server breaks, or too much goes over it: every entry is shown once, in order, and nothing is lost."""

import asyncio
import json

import pytest
from playwright.async_api import Request, Route, expect

from adapters.web.stream import AGAIN_MS, OPEN
from bot.handoff import Told
from tests.browser.conftest import Visit
from tests.browser.team import Team, call

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]
CUT_EVERYWHERE = r"""async (text) => {
  const { Parser } = await import('/static/page/stream.js')
  const whole = JSON.stringify(new Parser().feed(text))
  const wrong = []
  for (let at = 0; at <= text.length; at += 1) {
    const parser = new Parser()
    const events = [...parser.feed(text.slice(0, at)), ...parser.feed(text.slice(at))]
    if (JSON.stringify(events) !== whole) wrong.push(at)
  }
  return [JSON.parse(whole), wrong]
}"""
EVENTS = [
    {"name": "turn", "data": '{"n": 7}\nä: b', "id": 7, "retryMs": None},
    {"name": "", "data": "", "id": None, "retryMs": 2000},
]


async def start_again(team: Team) -> None:
    """Start the server on the same port with what was recorded."""
    await team.site.start(team.site.store)


def watch_line(visit: Visit) -> tuple[list[Request], asyncio.Event]:
    """Return the requests for the stream from now on, and what is set when one of them is over."""
    asked: list[Request] = []
    broken = asyncio.Event()
    visit.page.on("request", lambda request: asked.append(request) if request.url.endswith("/events") else None)
    # Which of the two comes is a race of the browser with the page, which lets go of what has ended.
    visit.page.on("requestfinished", lambda request: broken.set() if request.url.endswith("/events") else None)
    visit.page.on("requestfailed", lambda request: broken.set() if request.url.endswith("/events") else None)
    return asked, broken


async def refuse(route: Route, *, wait_s: int) -> None:
    """Answer as the server does past its limits."""
    await route.fulfill(status=429, headers={"Retry-After": str(wait_s)}, body="{}")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
async def test_events_are_read_however_they_are_cut(visit: Visit, end: str) -> None:
    """Cut into two pieces at any place, a stream gives the same events; comments and unknown fields are passed over."""
    lines = [": ping", "", "id: 7", "event: turn", 'data: {"n": 7}', "data:ä: b", "x: y", "", "retry: 2000", "", "event: t"]

    assert await visit.page.evaluate(CUT_EVERYWHERE, end.join(lines) + end) == [EVENTS, []]


async def test_an_answered_question_opens_no_stream(visit: Visit) -> None:
    """Who reads an answer and goes holds no connection; a person offered opens one, and only one."""
    opened, _ = watch_line(visit)
    await visit.ask("is it legal")
    assert opened == []
    for _ in range(2):
        await visit.ask("how long")
    await visit.button("Talk to a person").click()
    await expect(visit.log.get_by_text("Leave a way to reach you")).to_be_visible()

    assert len(opened) == 1


async def test_the_stream_goes_on_after_the_server_was_started_again(visit: Visit) -> None:
    """What happened meanwhile is shown once, in order, and what comes afterwards too."""
    team = await call(visit)
    await team.come()
    await team.say("one")
    await expect(team.people).to_have_count(1)
    asked, _ = watch_line(visit)
    await team.site.stop()
    for text in ("two", "three"):
        await team.say(text)
    await start_again(team)
    await expect(team.people).to_have_count(3)
    await team.say("four")
    await expect(team.people).to_have_count(4)

    assert await team.people.locator("p").all_inner_texts() == ["one", "two", "three", "four"]
    assert {request.headers.get("last-event-id") for request in asked} == {"3"}
    assert await visit.log.locator(".note").count() == 0


async def test_the_visitor_and_the_person_go_on_after_a_restart(visit: Visit) -> None:
    """A message after the restart is the person's, in the same conversation."""
    team = await call(visit)
    await team.come()
    await team.site.stop()
    await start_again(team)
    await visit.field.fill("are you still there?")
    await visit.field.press("Enter")
    await expect(visit.questions.last.locator(".fate")).to_contain_text("Delivered to Dana")

    assert list(team.site.store._kept) == [team.here]


async def test_coming_back_online_reads_on_at_once(visit: Visit) -> None:
    """The line is tried again when the browser says that it is there, without waiting for its turn."""
    team = await call(visit)
    await team.come()
    await visit.page.context.set_offline(True)
    await team.say("one")
    async with visit.page.expect_response(lambda response: response.url.endswith("/events")):
        await visit.page.context.set_offline(False)

    await expect(team.people).to_have_count(1)


async def test_the_line_is_tried_again_when_the_server_said(visit: Visit) -> None:
    """A server that stops says when to come back; until then the page is still, unless the visitor comes back to it."""
    await visit.page.clock.install()
    await visit.page.reload()
    team = await call(visit)
    await team.come()
    asked, broken = watch_line(visit)
    await visit.page.clock.pause_at(await visit.page.evaluate("Date.now() / 1_000 + 1"))
    for wake in (None, "document.dispatchEvent(new Event('visibilitychange'))"):
        broken.clear()
        await team.site.stop()
        await asyncio.wait_for(broken.wait(), 10)
        await visit.page.clock.run_for(AGAIN_MS - 100)
        assert asked == []
        await start_again(team)
        async with visit.page.expect_response(lambda response: response.url.endswith("/events")):
            await (visit.page.evaluate(wake) if wake else visit.page.clock.run_for(2 * AGAIN_MS))
        assert len(asked) == 1
        asked.clear()


async def test_a_talk_that_the_server_lost_is_said_to_be_lost(visit: Visit) -> None:
    """Nobody waits for a person who cannot come: the page says so, and the next message begins anew."""
    team = await call(visit)
    await team.come()
    await team.site.stop()
    await team.site.start()
    await expect(visit.log.locator(".note")).to_contain_text("nobody on the team can answer it")
    await expect(visit.page.locator("#standing")).to_be_empty()
    await visit.ask("is it legal")

    await expect(visit.log.locator(".note + .visitor")).to_contain_text("is it legal")
    assert await visit.log.locator(".note").count() == 1


async def test_a_talk_that_was_erased_elsewhere_is_said_to_be_erased(visit: Visit) -> None:
    """The stream says that it ended; the page stops following it, and says so."""
    team = await call(visit)
    await team.site.conversations.erase(team.here)

    await expect(visit.log.locator(".note")).to_contain_text("This conversation was erased on the server.")
    assert len(team.site.app[OPEN]) == 0


async def test_a_reply_whose_answer_got_lost_comes_by_the_stream(visit: Visit) -> None:
    """When the call never returns but the turn was recorded, the event shows it, once, and the message is not "not sent"."""
    team = await call(visit)

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await visit.page.route("**/messages", lose)
    await visit.ask("is it legal")
    await expect(visit.status).to_be_empty()

    await expect(visit.replies).to_have_count(2)
    await expect(visit.alert).to_be_empty()
    assert await visit.log.locator(".unsent").count() == 0
    assert team.here


async def test_what_comes_twice_is_shown_once(visit: Visit) -> None:
    """A reply comes as the answer to the call and as an event; when a later entry has come, it still stands there once."""
    team = await call(visit)
    for text in ("hello", "is it legal"):
        await visit.ask(text)
    await team.act(Told())
    await expect(team.facts).to_have_count(1)

    shown = await visit.log.locator("#turns > li").evaluate_all("all => all.map((one) => one.className.split(' ')[1] ?? '')")
    assert shown == ["visitor", "helping", "visitor", "", "visitor", "", "sent"]


async def test_what_a_person_wrote_before_stands_before(visit: Visit) -> None:
    """A message that is still on its way stands last, whatever comes meanwhile, as the server counts it."""
    team = await call(visit)
    await team.come()
    go = asyncio.Event()

    async def hold(route: Route) -> None:
        await go.wait()
        await route.continue_()

    await visit.page.route("**/messages", hold)
    await visit.field.fill("mine")
    await visit.field.press("Enter")
    await expect(visit.questions.last).to_contain_text("mine")
    await team.say("hers")
    await expect(visit.log.locator("li.person + li.visitor")).to_contain_text("mine")
    go.set()
    await expect(visit.questions.last.locator(".fate")).to_contain_text("Delivered to Dana")

    await expect(visit.log.locator("li.person + li.visitor")).to_contain_text("mine")


async def test_too_many_messages_wait_and_go_out_by_themselves(visit: Visit) -> None:
    """A message that was too much says so, is kept, and is sent after the time that the server gave: one turn."""
    tries = []

    async def refuse_once(route: Route) -> None:
        tries.append((route.request.post_data_json or {})["message_id"])
        await (refuse(route, wait_s=1) if len(tries) == 1 else route.continue_())

    await visit.page.route("**/messages", refuse_once)
    await visit.field.fill("is it legal")
    await visit.field.press("Enter")
    await expect(visit.alert).to_contain_text("goes out by itself in 1 seconds.")
    await expect(visit.questions.locator(".fate")).to_have_text("Not sent yet. It goes out by itself.")
    await expect(visit.replies).to_have_count(1)

    await expect(visit.alert).to_be_empty()
    await expect(visit.log.locator(".fate")).to_have_count(0)
    assert tries == [tries[0]] * 2


async def test_danger_does_not_wait_behind_what_was_too_much(visit: Visit) -> None:
    """While one message waits, the next is tried at once, since the server answers danger past every limit."""

    async def refuse_all_but_danger(route: Route) -> None:
        is_danger = "kill" in json.dumps(route.request.post_data_json)
        await (route.continue_() if is_danger else refuse(route, wait_s=60))

    await visit.page.route("**/messages", refuse_all_but_danger)
    await visit.field.fill("is it legal")
    await visit.field.press("Enter")
    await expect(visit.questions.locator(".fate")).to_be_visible()
    reply = await visit.ask("I want to kill myself")

    await expect(reply.get_by_role("link", name="Call 988", exact=True)).to_be_visible()
    await expect(visit.questions.last).to_contain_text("Not sent yet.")
    assert await visit.faults() == []
