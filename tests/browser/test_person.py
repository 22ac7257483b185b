"""A person on the team, as a visitor sees them: what they write, and what is said of them only when it is so."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Request, expect

from adapters.web.parts import PRESENCE
from bot.handoff import Claimed, Closed, Released, Requeued, Seen, Told
from tests.browser.conftest import DESKTOP, PHONE, Open, Visit
from tests.browser.team import call
from tests.conftest import DANA

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]
HOSTILE = '<img src=x onerror="document.title=1"> **bold**\n<script>document.title=2</script>'
HIDE = """(state) => {
  Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
}"""


async def test_what_a_person_writes_appears_by_itself(visit: Visit) -> None:
    """It stands in the log under their name, with the time, and looks other than what the assistant says."""
    team = await call(visit)
    await team.come()
    await team.say("I am here.")

    await expect(team.people).to_have_text(re.compile(r"^Dana a person on the team .*\d\d:\d\d.*I am here\.$"))
    colours = [await one.evaluate("one => getComputedStyle(one).backgroundColor") for one in await visit.replies.all()]
    assert len(set(colours)) == 2


async def test_facts_come_in_order_with_their_times(visit: Visit) -> None:
    """Sent, seen, here, waiting, back, closed: each once, when it is so, at the time at which it was so."""
    team = await call(visit)
    for action in (Told(), Seen(by=DANA), Claimed(by=DANA), Requeued(by=DANA), Claimed(by=DANA), Released(by=DANA)):
        await team.act(action)
    await expect(team.facts).to_have_count(6)
    await visit.button("Talk to a person").click()
    await expect(visit.replies).to_have_count(2)
    await team.act(Closed(by=DANA))
    await expect(team.facts).to_have_count(7)

    assert [re.sub(r" \d+ \w+.*| \w+ \d+.*| \d\d:.*", "", text) for text in await team.facts.all_inner_texts()] == [
        "Sent to the team",
        "Someone on the team has seen this",
        "Dana is here",
        "Waiting for a person again",
        "Dana is here",
        "You are talking to the assistant again",
        "This talk was closed by the team",
    ]
    times = [await one.get_attribute("datetime") for one in await team.facts.locator("time").all()]
    assert times == [f"2026-11-24T12:0{minute}:00+00:00" for minute in range(1, 8)]


async def test_the_newest_fact_stays_in_view_while_people_are_called_for(open_page: Open) -> None:
    """On a phone, where a long reply hides the log's end, it stands over the field; when it is over it goes."""
    visit = await open_page(viewport=PHONE)
    team = await call(visit)
    await team.act(Told())
    standing = visit.page.locator("#standing")
    await expect(standing).to_contain_text("Sent to the team")
    await expect(standing).to_be_in_viewport()
    await team.come()
    await expect(standing).to_contain_text("Dana is here")
    await team.act(Released(by=DANA))

    await expect(standing).to_be_empty()


async def test_somebody_writing_is_said_while_they_do(visit: Visit) -> None:
    """It stands in the status line until they stop."""
    team = await call(visit)
    await team.come()
    team.type()
    await expect(visit.status).to_have_text("Dana is writing")
    team.type(is_typing=False)

    await expect(visit.status).to_be_empty()


async def test_writing_ends_with_what_was_written(visit: Visit) -> None:
    """A message takes the word away that it was being written."""
    team = await call(visit)
    await team.come()
    team.type()
    await expect(visit.status).to_have_text("Dana is writing")
    await team.say("I am here.")

    await expect(team.people).to_have_count(1)
    await expect(visit.status).to_be_empty()


async def test_writing_is_not_believed_for_ever(visit: Visit) -> None:
    """Without further word for 15 seconds nobody is said to be writing."""
    await visit.page.clock.install()
    await visit.page.reload()
    team = await call(visit)
    await team.come()
    team.type()
    await expect(visit.status).to_have_text("Dana is writing")
    await visit.page.clock.run_for(15_000)

    await expect(visit.status).to_be_empty()


async def test_a_message_to_a_person_is_marked_as_delivered(visit: Visit) -> None:
    """It gets no reply of the assistant, but says who has it; the status does not look for an answer."""
    team = await call(visit)
    await team.come()
    await visit.field.fill("Can my sister take part?")
    await visit.field.press("Enter")

    await expect(visit.questions.last.locator(".fate")).to_contain_text("Delivered to Dana")
    await expect(visit.status).to_be_empty()
    await expect(visit.replies).to_have_count(1)


async def test_who_got_a_message_is_told_when_it_is_known(visit: Visit) -> None:
    """Where somebody came before the page followed the conversation, their name is written once it is read."""
    await visit.ask("is it legal")
    (here,) = visit.site.store._kept
    await visit.site.store.act(here, Claimed(by=DANA), visit.site.clock.now())
    await visit.field.fill("Can my sister take part?")
    await visit.field.press("Enter")

    await expect(visit.questions.last.locator(".fate")).to_contain_text("Delivered to Dana")
    await expect(visit.log.locator(".fact + .visitor")).to_contain_text("Can my sister")


async def test_danger_has_its_card_also_while_a_person_is_there(visit: Visit) -> None:
    """The numbers are shown at once, whoever owns the conversation, and the assistant is silent again afterwards."""
    team = await call(visit)
    await team.come()
    reply = await visit.ask("I want to kill myself")
    await expect(reply.get_by_role("link", name="Call 988", exact=True)).to_be_visible()
    await visit.field.fill("thank you")
    await visit.field.press("Enter")

    await expect(visit.questions.last.locator(".fate")).to_contain_text("Delivered to Dana")


async def test_the_team_is_told_what_was_shown(visit: Visit) -> None:
    """Once a reply is in the log of a page that can be seen, the responder sees that it arrived."""
    team = await call(visit)
    await team.come()
    async with visit.page.expect_response(lambda response: response.url.endswith("/presence")) as told:
        said = await team.say("I am here.")
    assert (await told.value).status == 200

    assert (await team.case()).delivered_n == said.n


async def test_a_hidden_page_shows_nothing(visit: Visit) -> None:
    """What comes while the page is hidden counts as shown when the visitor comes back to it, and not before."""
    await visit.page.clock.install()
    await visit.page.reload()
    team = await call(visit)
    await team.come()
    told: list[Request] = []
    visit.page.on("request", lambda request: told.append(request) if request.url.endswith("/presence") else None)
    await visit.page.evaluate(HIDE, "hidden")
    said = await team.say("I am here.")
    await expect(team.people).to_have_count(1)
    await visit.page.clock.run_for(10_000)
    assert (told, (await team.case()).delivered_n) == ([], 0)
    async with visit.page.expect_response(lambda response: response.url.endswith("/presence")):
        await visit.page.evaluate(HIDE, "visible")

    assert (await team.case()).delivered_n == said.n


async def test_the_team_sees_that_the_visitor_types(visit: Visit) -> None:
    """Typing is told while somebody is called for, and ends with sending; before that it is nobody's business."""
    told: list[Request] = []
    visit.page.on("request", lambda request: told.append(request) if request.url.endswith("/presence") else None)
    await visit.field.type("is it legal")
    await visit.field.press("Enter")
    await expect(visit.replies).to_have_count(1)
    assert told == []
    team = await call(visit)
    async with visit.page.expect_response(lambda response: response.url.endswith("/presence")):
        await visit.field.type("Can my")
    assert visit.site.app[PRESENCE].visitor(team.here).is_typing
    async with visit.page.expect_response(lambda response: response.url.endswith("/presence")):
        await visit.field.press("Enter")

    assert not visit.site.app[PRESENCE].visitor(team.here).is_typing
    assert [request.post_data_json for request in told] == [{"typing": True}, {"typing": False}]


async def test_the_team_sees_that_the_visitor_leaves(visit: Visit) -> None:
    """Closing the page says goodbye, where somebody is called for."""
    team = await call(visit)
    changed = asyncio.Event()
    with team.site.changes.watch(team.here, changed.set):
        await visit.page.close()
        async with asyncio.timeout(10):
            while team.site.app[PRESENCE].visitor(team.here).left_at is None:
                await changed.wait()
                changed.clear()

    assert (await team.case()).last_n == 1


async def test_who_reads_further_up_is_not_moved(open_page: Open) -> None:
    """A message that comes meanwhile is pointed to; one press shows it, with the focus, and the word goes."""
    visit = await open_page(viewport=PHONE)
    team = await call(visit)
    await team.come()
    await visit.page.evaluate("scrollTo(0, 0)")
    await team.say("I am here.")
    await expect(visit.status).to_contain_text("Dana has written to you.")
    assert await visit.page.evaluate("scrollY") == 0
    assert await visit.faults() == []
    await visit.button("Show it").press("Enter")

    await expect(team.people).to_be_in_viewport()
    await expect(team.people).to_be_focused()
    await expect(visit.status).to_be_empty()


async def test_what_a_person_writes_is_shown_as_text(visit: Visit) -> None:
    """HTML and Markdown are shown as they were typed, and nothing of them runs."""
    team = await call(visit)
    await team.come()
    await team.say(HOSTILE)

    await expect(team.people.locator("p")).to_have_text(HOSTILE, use_inner_text=True)
    assert await team.people.locator("img, script, b, a").count() == 0
    assert await visit.page.title() == "MDMA-assisted therapy for PTSD: ask a question"


async def test_what_people_wrote_is_taken_along(visit: Visit, tmp_path: Path) -> None:
    """The saved text has their messages, in their place, with their name."""
    team = await call(visit)
    await team.come()
    await team.say("I am here.")
    await expect(team.people).to_have_count(1)
    async with visit.page.expect_download() as download:
        await visit.button("Save").click()
    await (await download.value).save_as(tmp_path / "saved.txt")
    authors = re.findall(
        r"^(You|Assistant|Dana, a person on the team),", (tmp_path / "saved.txt").read_text("utf-8"), re.MULTILINE
    )

    assert authors == ["You", "Assistant", "Dana, a person on the team"]


async def test_erasing_while_a_person_is_there(visit: Visit) -> None:
    """The page is empty, says what the receipt says, follows nothing any more, and the next talk is the assistant's."""
    team = await call(visit)
    await team.come()
    await team.say("I am here.")
    team.type()
    await expect(visit.status).to_have_text("Dana is writing")
    await visit.button("Erase").click()
    await expect(visit.status).to_contain_text("here and on the server: 1 message.")
    await expect(visit.log.locator("li")).to_have_count(0)
    await expect(visit.page.locator("#standing")).to_be_empty()
    await visit.ask("is it legal")

    await expect(visit.log.locator("#turns > li")).to_have_count(2)
    assert team.here not in visit.site.store._kept


LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESKTOP},
    "phone": {"viewport": PHONE, "has_touch": True},
    "dark": {"viewport": PHONE, "color_scheme": "dark"},
    "forced colours": {"viewport": DESKTOP, "forced_colors": "active"},
    "400 %": {"viewport": {"width": 320, "height": 256}},
}


@pytest.mark.parametrize("look", LOOKS)
async def test_axe_finds_nothing_while_people_are_there(open_page: Open, look: str) -> None:
    """Waiting, with the form open, with it kept, and with a person there who writes; nothing runs over the edge."""
    visit = await open_page(**LOOKS[look])
    team = await call(visit)
    await team.act(Told())
    await expect(team.facts).to_have_count(1)
    await visit.log.get_by_text("Leave a way to reach you").click()
    assert await visit.faults() == []
    await visit.page.get_by_label("How can the team reach you?").fill("someone@example.org")
    await visit.button("Send to the team").click()
    await expect(visit.log.get_by_text("someone@example.org")).to_be_visible()
    assert await visit.faults() == []
    await team.come()
    await team.say("I am here. " + "w" * 80)
    team.type()
    await visit.field.fill("hello")
    await visit.field.press("Enter")
    await expect(visit.questions.last.locator(".fate")).to_contain_text("Delivered to Dana")

    assert await visit.faults() == []
    assert not await visit.is_too_wide()
