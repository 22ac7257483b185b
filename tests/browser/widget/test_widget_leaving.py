"""No trace: what a tab keeps and for how long, the quick exit, erasing, and what going back shows."""

import asyncio

import pytest
from playwright.async_api import expect

from adapters.web.parts import PRESENCE
from tests.browser.widget.conftest import NEUTRAL, Arrive, Guest, Host

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]
LEFT_S = 5.0


async def has_left(guest: Guest) -> None:
    """Wait until the team is told that the visitor left."""
    (conversation_id,) = guest.site.store._kept
    told = asyncio.Event()
    with guest.site.changes.watch(conversation_id, told.set):
        while guest.site.app[PRESENCE].visitor(conversation_id).left_at is None:
            await asyncio.wait_for(told.wait(), LEFT_S)
            told.clear()


async def test_the_button_leaves_at_once_and_tells_the_team(guest: Guest) -> None:
    """Another page stands in the place of this one, nothing is stored, the waiting team knows, and the chat is empty."""
    await guest.open()
    await guest.ask("I want to talk to a person")
    await guest.button("Leave now").click()
    await guest.page.wait_for_url(f"**{NEUTRAL}")
    await has_left(guest)
    await guest.load("/other")

    assert await guest.stored() == ["", [], []]
    await guest.open()
    await expect(guest.log.locator("li")).to_have_count(0)


async def test_going_back_shows_an_empty_chat(guest: Guest) -> None:
    """The page that was left is not in the tab's history; the one before it, kept whole by the browser, shows no word."""
    await guest.open()
    await guest.ask("is it legal")
    await guest.page.get_by_role("link", name="Another page").click()
    await guest.page.wait_for_url("**/other")
    await expect(guest.questions).to_have_text(["Youis it legal"])
    await guest.button("Leave now").click()
    await guest.page.wait_for_url(f"**{NEUTRAL}")
    await guest.page.go_back()
    await guest.page.wait_for_url(f"{guest.host.url}/")

    await expect(guest.page.locator("handrail-chat")).to_be_attached()
    await expect(guest.log.locator("li")).to_have_count(0)


async def test_shift_three_times_leaves(guest: Guest) -> None:
    """Each press says how many are missing; the third leaves."""
    await guest.open()
    await guest.page.keyboard.press("Shift")
    await expect(guest.status).to_have_text("Press Shift 2 more times to leave.")
    await guest.page.keyboard.press("Shift")
    await expect(guest.status).to_have_text("Press Shift once more to leave.")
    await guest.page.keyboard.press("Shift")

    await guest.page.wait_for_url(f"**{NEUTRAL}")


async def test_capital_letters_do_not_leave(guest: Guest) -> None:
    """Shift that makes a letter large does not count."""
    await guest.open()
    for letter in "ABCD":
        await guest.page.keyboard.press(f"Shift+{letter}")

    assert guest.page.url == f"{guest.host.url}/"
    await expect(guest.status).to_be_empty()


@pytest.mark.parametrize("way", ["attribute", "GOV.UK"])
async def test_the_host_may_have_no_exit_or_its_own(arrive: Arrive, host: Host, way: str) -> None:
    """``no-exit`` takes it away, and so does GOV.UK's own component."""
    if way == "attribute":
        host.tag = host.tag.replace("async", "async data-no-exit")
    else:
        host.attributes = " data-govuk-frontend-exit-this-page-keypress"
    guest = await arrive()
    await guest.open()
    for _ in range(3):
        await guest.page.keyboard.press("Shift")

    await expect(guest.button("Leave now")).to_be_hidden()
    await expect(guest.panel).not_to_contain_text("Shift three times")
    assert guest.page.url == f"{guest.host.url}/"


async def test_the_tab_keeps_it_after_the_first_message_and_not_before(guest: Guest) -> None:
    """Typing stores nothing; a message stores where the conversation is, in the tab alone, and none of what was said."""
    await guest.open()
    await guest.field.fill("is it legal")
    assert await guest.stored() == ["", [], []]
    await guest.ask("is it legal")

    assert await guest.stored() == ["", [], ["handrail:0"]]
    assert "legal" not in str(await guest.page.evaluate("sessionStorage['handrail:0']"))


async def test_remembering_on_the_device_is_the_visitors_choice(guest: Guest) -> None:
    """With the box checked the device keeps it, and a new tab goes on with it; unchecked, the tab has it again."""
    await guest.open()
    await guest.ask("is it legal")
    await guest.page.get_by_text("Options", exact=True).click()
    await guest.page.get_by_label("Remember on this device").check()
    assert await guest.stored() == ["", ["handrail:0"], []]
    tab = await Guest(await guest.page.context.new_page(), guest.host, guest.site).load()
    await expect(tab.questions).to_have_text(["Youis it legal"])
    await guest.page.get_by_label("Remember on this device").uncheck()

    assert await guest.stored() == ["", [], ["handrail:0"]]


async def test_erasing_shows_a_receipt_and_leaves_nothing(guest: Guest) -> None:
    """One press takes it off the page, the server and the tab, and says when and how much."""
    await guest.open()
    await guest.ask("I want to kill myself")
    await guest.button("Erase").click()

    await expect(guest.status).to_contain_text("here and on the server. Messages: 1.")
    await expect(guest.log.locator("li")).to_have_count(0)
    assert await guest.stored() == ["", [], []]
    assert not guest.site.store._kept


async def test_saving_writes_both_sides(guest: Guest) -> None:
    """Save gives a text file, and warns of who may find it."""
    await guest.open()
    await guest.ask("is it legal")
    async with guest.page.expect_download() as download:
        await guest.button("Save").click()
    saved = (await (await download.value).path()).read_text(encoding="utf-8")

    assert saved.startswith("You, ")
    assert "Assistant, " in saved
    await expect(guest.status).to_contain_text("Other people who use this device may find it.")
