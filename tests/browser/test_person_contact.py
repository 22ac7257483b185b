"""The form in which a visitor may leave a way to be reached."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.team import call

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


async def test_nobody_is_asked_for_an_address(visit: Visit) -> None:
    """A question that was answered has no such form; a call for a person offers one, closed."""
    await visit.ask("is it legal")
    assert await visit.page.locator("input").count() == 0
    await call(visit)

    await expect(visit.page.locator("input")).to_have_count(1)
    await expect(visit.page.locator("input")).to_be_hidden()


async def test_an_address_is_kept_and_taken_back_by_keyboard(visit: Visit) -> None:
    """What is left reaches the team and is shown as kept; taking it back leaves nothing with them."""
    team = await call(visit)
    await visit.log.get_by_text("Leave a way to reach you").press("Enter")
    await visit.page.keyboard.press("Tab")
    await visit.page.keyboard.type("someone@example.org")
    await visit.page.keyboard.press("Enter")
    await expect(visit.log.locator(".kept")).to_contain_text("The team can reach you here: someone@example.org")
    await expect(visit.log.locator(".kept")).to_be_focused()
    assert (await team.case()).contact == "someone@example.org"
    await visit.page.keyboard.press("Tab")
    await visit.page.keyboard.press("Tab")
    await visit.page.keyboard.press("Enter")

    await expect(visit.log.get_by_text("Taken back. The team no longer has it.")).to_be_visible()
    await expect(visit.page.get_by_label("How can the team reach you?")).to_be_focused()
    await expect(visit.page.get_by_label("How can the team reach you?")).to_have_value("")
    assert (await team.case()).contact == ""


async def test_an_address_can_be_changed(visit: Visit) -> None:
    """The form comes back with what was typed."""
    team = await call(visit)
    await visit.log.get_by_text("Leave a way to reach you").click()
    field = visit.page.get_by_label("How can the team reach you?")
    await field.fill("555 0100")
    await field.press("Enter")
    await visit.button("Change it").click()
    await expect(field).to_have_value("555 0100")
    await field.fill("555 0199")
    await visit.button("Send to the team").click()
    await expect(visit.log.get_by_text("The team can reach you here: 555 0199")).to_be_visible()

    assert (await team.case()).contact == "555 0199"


async def test_an_address_that_was_not_kept_is_not_said_to_be(visit: Visit) -> None:
    """An empty field, and a server that is away, are said at the field; what was typed stays."""
    await call(visit)
    await visit.log.get_by_text("Leave a way to reach you").click()
    field = visit.page.get_by_label("How can the team reach you?")
    await field.press("Enter")
    await expect(field).to_have_accessible_description(
        "Only the team sees it. It is erased with this conversation. Please type a phone number or an address first."
    )
    await visit.page.route("**/contact", lambda route: route.abort())
    await field.fill("555 0100")
    await field.press("Enter")

    await expect(visit.log.get_by_text("It could not be saved. Please try again.")).to_be_visible()
    await expect(field).to_have_value("555 0100")
    assert await visit.faults() == []


async def test_the_address_is_not_in_what_is_saved(visit: Visit) -> None:
    """It is no part of the conversation: neither the page's text for people nor the server's transcript has it."""
    team = await call(visit)
    await visit.log.get_by_text("Leave a way to reach you").click()
    await visit.page.get_by_label("How can the team reach you?").fill("someone@example.org")
    await visit.page.get_by_label("How can the team reach you?").press("Enter")
    await expect(visit.log.get_by_text("someone@example.org")).to_be_visible()
    async with visit.page.expect_download() as download:
        await visit.button("Save").click()

    assert "someone@example.org" not in (await (await download.value).path()).read_text("utf-8")
    assert "someone@example.org" not in repr(await visit.site.store.entries(team.here))
