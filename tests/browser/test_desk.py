"""The desk in Chromium: from the one-time link to a verdict, by mouse, by keyboard, on a phone, by two people at once."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot.assembly import Core
from bot.memory import SystemClock
from bot.model import ConversationId, Owner, PersonSaid
from bot.ports import Reach
from tests.browser.conftest import DESKTOP, LIMIT_MS, PHONE, Visit
from tests.web.desk.sites import DANGER, PASSWORD, DeskSite

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]
C1 = ConversationId("c-1")
TALK = "/desk/conversations/c-1"
LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESKTOP},
    "phone": {"viewport": PHONE, "has_touch": True},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "forced colours": {"viewport": DESKTOP, "forced_colors": "active"},
    "400 %": {"viewport": {"width": 320, "height": 256}},
}

OpenDesk = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def desk(core: Core) -> AsyncIterator[DeskSite]:
    """A server with a desk that can reach nobody; Dana and Sam are responders, Ada is an admin."""
    site = await DeskSite(core, clock=SystemClock(), reach=Reach(can_be_told=False)).start()
    await site.hire("dana")
    await site.hire("sam")
    await site.hire("ada", role="admin")
    yield site
    await site.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def open_desk(browser: Browser, desk: DeskSite) -> AsyncIterator[OpenDesk]:
    """Open a page of the desk as somebody, or as nobody, in a profile of their own; fails when a page reported an error."""
    contexts, errors, foreign = [], [], []

    async def open_desk(path: str = "/desk", who: str = "dana", **options: Any) -> Page:
        given = {"viewport": DESKTOP, "reduced_motion": "reduce", "locale": "en-US", **options}
        context = await browser.new_context(**given)
        contexts.append(context)
        context.set_default_timeout(LIMIT_MS)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: foreign.append(request.url) if not request.url.startswith(desk.url) else None)
        await page.goto(desk.url + path)
        if who:
            await log_in(page, who)
        return page

    yield open_desk
    for context in contexts:
        await context.close()
    assert errors == []
    assert foreign == []


async def log_in(page: Page, who: str) -> None:
    """Fill in the form that stands in place of a page."""
    await page.get_by_label("Log-in name").fill(who)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("button", name="Log out")).to_be_visible()


async def faults(page: Page, desk: DeskSite) -> list[str]:
    """Return what axe finds wrong, and whether the page can be scrolled sideways."""
    visit = Visit(page, desk)  # type: ignore[arg-type]
    return [*await visit.faults(), *(["too wide"] if await visit.is_too_wide() else [])]


async def said(desk: DeskSite) -> list[str]:
    """Return what people have said to the visitor."""
    return [each.text for each in await desk.store.entries(C1) if isinstance(each, PersonSaid)]


@pytest.mark.parametrize("look", ["desktop", "phone"])
async def test_from_a_link_to_a_verdict(desk: DeskSite, open_desk: OpenDesk, look: str) -> None:
    """A new responder sets a password, sees somebody come in live, claims, replies, is answered, and closes."""
    link = await desk.link("kim", role="responder")
    page = await open_desk(link.removeprefix(desk.url), who="", **LOOKS[look])
    await expect(page.get_by_label("Your log-in name")).to_have_value("kim")
    assert "#" not in page.url
    await page.get_by_label("The name that visitors read").fill("Kim")
    await page.get_by_label("Password", exact=True).fill("a heron stands in the reeds")
    await page.get_by_label("once more").fill("a heron stands in the reeds")
    await page.get_by_role("button", name="Set the password").click()
    await expect(page.get_by_text("Nobody waits.")).to_be_visible()
    await expect(page.get_by_text("No way to reach anybody is set.")).to_be_visible()

    await desk.write(DANGER)
    await expect(page.get_by_role("link", name="Crisis, imminent about themselves")).to_be_visible()
    await expect(page).to_have_title("(1) Queue")
    await page.get_by_role("button", name="Claim").click()
    await expect(page.locator("#state")).to_contain_text("You have this conversation.")
    field = page.get_by_label("Reply to the visitor, as Kim")
    await field.fill("I am with you.")
    await field.press("Enter")
    await expect(page.locator(".bubble.person")).to_contain_text("Not delivered")
    assert await said(desk) == ["I am with you."]

    await desk.store.delivered(C1, 99)
    await desk.write("thank you")
    await expect(page.locator(".mark.delivered")).to_have_text("Delivered")
    await expect(page.get_by_role("log")).to_contain_text("thank you")
    await page.get_by_text("Close…").click()
    await page.get_by_role("radio", name="Real ").check()
    await page.get_by_role("button", name="Close the conversation").click()
    await expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    (lesson,) = await desk.store.lessons()
    assert (lesson.verdict, lesson.label, lesson.severity) == ("real", "crisis-self", "imminent")


async def test_the_second_responder_is_told_who_has_it(desk: DeskSite, open_desk: OpenDesk) -> None:
    """Of two with the same page open, one claims; the other sees it at once, and can take over on purpose."""
    await desk.write(DANGER)
    dana, sam = await open_desk(TALK), await open_desk(TALK, "sam")
    await sam.get_by_role("button", name="Claim").click()
    await expect(dana.locator("#state")).to_contain_text("Sam has this conversation.")
    await expect(dana.get_by_label("Reply to the visitor")).to_be_disabled()

    await dana.get_by_text("Take over…").click()
    await dana.get_by_role("button", name="Take it over from Sam").click()
    await expect(dana.get_by_label("Reply to the visitor")).to_be_focused()
    await expect(sam.locator("#state")).to_contain_text("Dana has this conversation.")


async def test_who_claims_too_late_reads_it_at_the_button(desk: DeskSite, open_desk: OpenDesk) -> None:
    """When the page could not know yet, the refusal is a plain sentence, and nothing else happens."""
    await desk.write(DANGER)
    page = await open_desk(TALK)
    await page.route("**/events", lambda route: route.abort())
    await page.reload()
    other = await open_desk(TALK, "sam")
    await other.get_by_role("button", name="Claim").click()
    await expect(other.locator("#state")).to_contain_text("You have this conversation.")
    await page.get_by_role("button", name="Claim").click()

    await expect(page.locator("#acts-alert")).to_have_text("Sam has this conversation.")


async def test_all_of_it_by_keyboard(desk: DeskSite, open_desk: OpenDesk) -> None:
    """From the queue to the queue without a mouse, and single letters stay letters in a field."""
    await desk.write("let me talk to a person", "c-2")
    await desk.write(DANGER)
    page = await open_desk()
    keys = page.keyboard
    await keys.press("j")
    await expect(page.locator("#go-c-1")).to_be_focused()
    await keys.press("j")
    await expect(page.locator("#go-c-2")).to_be_focused()
    await keys.press("k")
    await keys.press("Enter")
    await expect(page.get_by_role("log")).to_be_visible()
    await keys.press("c")
    await expect(page.get_by_label("Reply to the visitor")).to_be_focused()
    await keys.type("can you rank it")
    await keys.press("Enter")
    await expect(page.locator(".bubble.person")).to_contain_text("can you rank it")
    await keys.press("Escape")
    await keys.press("n")
    await keys.type("a note")
    await keys.press("Control+Enter")
    await expect(page.locator("#notes")).to_contain_text("a note")
    await keys.press("Escape")
    await keys.press("q")
    await expect(page.get_by_role("heading", name="Queue")).to_be_visible()

    assert await said(desk) == ["can you rank it"]


async def test_single_keys_can_be_switched_off(desk: DeskSite, open_desk: OpenDesk) -> None:
    """Who speaks to the computer is not at the mercy of a stray letter."""
    await desk.write(DANGER)
    page = await open_desk(TALK)
    await page.get_by_text("Keys", exact=True).click()
    await page.get_by_label("Single keys work").uncheck()
    await page.keyboard.press("c")
    await page.keyboard.press("q")

    await expect(page.get_by_role("button", name="Claim")).to_be_visible()
    assert (await desk.store.standing(C1)).owner is Owner.QUEUED


async def test_a_note_can_not_be_sent_by_mistake(desk: DeskSite, open_desk: OpenDesk) -> None:
    """Enter makes a new line in a note, its button saves it, and it stands at a place of its own and in no entry."""
    await desk.write(DANGER)
    page = await open_desk(TALK)
    await page.get_by_role("button", name="Claim").click()
    await expect(page.get_by_label("Reply to the visitor")).to_be_enabled()  # claimed: before that the page may still change
    note = page.get_by_label("New note, for the team only")
    await note.fill("knows the duty doctor")
    await note.press("Enter")
    await note.press("x")
    await expect(note).to_have_value("knows the duty doctor\nx")
    await page.get_by_role("button", name="Save note").click()
    await expect(page.locator("#notes")).to_contain_text("knows the duty doctor")

    await expect(page.get_by_role("log")).not_to_contain_text("duty doctor")
    await expect(page.get_by_label("Reply to the visitor")).to_have_value("")
    assert await said(desk) == []


async def test_what_is_typed_survives_until_it_has_arrived(desk: DeskSite, open_desk: OpenDesk) -> None:
    """A lost connection, a reload and a second try lose nothing and say nothing twice."""
    await desk.write(DANGER)
    page = await open_desk(TALK)
    await page.get_by_role("button", name="Claim").click()
    field = page.get_by_label("Reply to the visitor")
    await field.fill("please stay with me")
    await page.reload()
    await expect(field).to_have_value("please stay with me")

    async def lose_the_answer(route: Any) -> None:
        await route.fetch()  # it arrives, but nobody hears of it
        await route.abort()

    await page.route("**/reply", lose_the_answer)
    await field.press("Enter")
    await expect(page.locator("#reply-alert")).to_contain_text("could not be reached")
    await expect(field).to_have_value("please stay with me")
    await page.unroute("**/reply")
    await field.press("Enter")
    await expect(field).to_have_value("")

    assert await said(desk) == ["please stay with me"]


async def test_a_draft_is_for_nobody_else(desk: DeskSite, open_desk: OpenDesk) -> None:
    """On a shared computer the next person finds no draft of the one before."""
    await desk.write(DANGER)
    page = await open_desk(TALK)
    await page.get_by_role("button", name="Claim").click()
    await page.get_by_label("Reply to the visitor").fill("a draft")
    await page.get_by_label("New note").fill("another one")
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_label("Password")).to_be_visible()

    assert await page.evaluate("Object.keys(sessionStorage).filter((key) => key.includes('draft'))") == []


async def test_a_log_in_that_ended_costs_no_word(desk: DeskSite, open_desk: OpenDesk) -> None:
    """The page says so, keeps what is typed, and goes on once the same person has logged in again elsewhere."""
    await desk.write(DANGER)
    page = await open_desk(TALK)
    await page.get_by_role("button", name="Claim").click()
    field = page.get_by_label("Reply to the visitor")
    await field.fill("still here")
    desk.store._sessions.clear()
    desk.changes.notify(C1)
    await expect(page.get_by_text("Your log-in has ended.")).to_be_visible()
    await field.press("Enter")
    await expect(page.locator("#reply-alert")).to_contain_text("Log in again above")
    await expect(field).to_have_value("still here")

    async with page.context.expect_page() as opened:
        await page.get_by_role("link", name="Log in again").click()
    await log_in(await opened.value, "dana")
    await field.press("Enter")
    await expect(field).to_have_value("")
    assert await said(desk) == ["still here"]


async def test_where_the_visitor_is_can_be_seen(desk: DeskSite, open_desk: OpenDesk) -> None:
    """Here, typing, gone: in words, as it happens; and the visitor sees that the responder types."""
    await desk.write(DANGER)
    page = await open_desk(TALK)
    await page.get_by_role("button", name="Claim").click()
    presence = page.locator("#presence")
    with desk.presence.listening(C1):
        await expect(presence).to_have_text("The visitor is here")
        desk.presence.visitor_types(C1, is_typing=True)
        await expect(presence).to_have_text("The visitor is typing…")
        typed = asyncio.Event()
        with desk.changes.watch(C1, lambda: typed.set() if desk.presence.responder_is_typing(C1) else None):
            await page.get_by_label("Reply to the visitor").press_sequentially("I")
            await asyncio.wait_for(typed.wait(), 10)
    desk.presence.left(C1)
    await expect(presence).to_have_text(re.compile(r"The visitor left at \d\d:\d\d"))


async def test_vetted_texts_are_found_and_put_in_but_not_sent(desk: DeskSite, open_desk: OpenDesk) -> None:
    """A search finds an answer, a click puts its words into the field, and the person sends them."""
    await desk.write(DANGER)
    page = await open_desk(TALK)
    await page.get_by_role("button", name="Claim").click()
    field = page.get_by_label("Reply to the visitor")
    await field.fill("Here is the number.")
    await page.get_by_text("Vetted texts and numbers").click()
    await page.get_by_label("Search the vetted texts").fill("988 lifeline")
    await page.get_by_role("button", name="988 Suicide & Crisis Lifeline").first.click()

    await expect(field).to_be_focused()
    await expect(field).to_have_value(re.compile(r"Here is the number\.\n\n988 Suicide"))
    assert await said(desk) == []


async def test_a_choice_is_kept_while_the_page_changes(desk: DeskSite, open_desk: OpenDesk) -> None:
    """What is open and chosen in the form to close stays so when the visitor writes meanwhile."""
    await desk.write(DANGER)
    page = await open_desk(TALK)
    await page.get_by_role("button", name="Claim").click()
    await page.get_by_text("Close…").click()
    await page.get_by_role("radio", name="Missed ").check()
    await page.get_by_label("Which kind").select_option("crisis-abuse")
    await desk.write("one more thing")
    await expect(page.locator("#close-message")).to_contain_text("one more thing")

    await expect(page.get_by_role("radio", name="Missed ")).to_be_checked()
    await expect(page.get_by_label("Which kind")).to_have_value("crisis-abuse")


@pytest.mark.parametrize("look", LOOKS)
async def test_axe_finds_nothing_in_any_state(desk: DeskSite, open_desk: OpenDesk, look: str) -> None:
    """Log-in, queue, a conversation waiting, claimed, with everything open, and of somebody else; nothing is too wide."""
    await desk.write("can I pay for it with a moon", "c-3")
    await desk.write("I see no point any more")
    await desk.write(DANGER)
    page = await open_desk(TALK, who="", **LOOKS[look])
    found = {"log-in": await faults(page, desk)}
    await log_in(page, "ada")
    found["waiting"] = await faults(page, desk)
    await page.get_by_role("button", name="Claim").click()
    await expect(page.locator("#state")).to_contain_text("You have this conversation.")
    await page.get_by_label("Reply to the visitor").fill("I am here.")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".bubble.person")).to_be_visible()
    found["mine"] = await faults(page, desk)
    await page.get_by_text("Vetted texts and numbers").click()
    for name in ("Hand back to the assistant…", "Clear the crisis and stay…", "Pass on…", "Close…", "Alerts"):
        await page.locator("summary", has_text=name).click()
    await page.locator("#vetted-list li").first.wait_for()
    found["open"] = await faults(page, desk)
    other = await open_desk(TALK, "sam", **LOOKS[look])
    await other.get_by_text("Take over…").click()
    found["others"] = await faults(other, desk)
    for name in ("", "/questions", "/team", "/audit", "/nothing"):
        await page.goto(f"{desk.url}/desk{name}")
        found[name] = await faults(page, desk)

    assert {name: each for name, each in found.items() if each} == {}


async def test_it_works_without_javascript(desk: DeskSite, open_desk: OpenDesk) -> None:
    """Claim, reply, note and close are plain forms."""
    await desk.write(DANGER)
    page = await open_desk(java_script_enabled=False)
    await page.get_by_role("button", name="Claim").click()
    await page.get_by_label("Reply to the visitor").fill("I am here.")
    await page.get_by_role("button", name="Send").click()
    await page.get_by_label("New note").fill("no script")
    await page.get_by_role("button", name="Save note").click()
    await expect(page.locator("#notes")).to_contain_text("no script")
    await page.get_by_text("Close…").click()
    await page.get_by_role("radio", name="Test Somebody").check()
    await page.get_by_role("button", name="Close the conversation").click()
    await expect(page.get_by_role("heading", name="Queue")).to_be_visible()

    assert await said(desk) == ["I am here."]
    assert (await desk.store.standing(C1)).owner is Owner.CLOSED


async def test_the_sound_is_offered_and_stays_chosen(open_desk: OpenDesk) -> None:
    """A button turns it on, after which the page may sound, also when it is loaded again."""
    page = await open_desk()
    button = page.get_by_role("button", name="Sound")
    await expect(button).to_have_attribute("aria-pressed", "false")
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")
    await page.reload()
    await expect(button).to_have_attribute("aria-pressed", "true")
