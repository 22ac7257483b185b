"""The widget on somebody else's page: nothing until it is opened, within the policy, by keyboard, gone when removed."""

import pytest
from playwright.async_api import expect

from tests.browser.widget.conftest import Arrive, Guest, Host

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


async def test_until_it_is_opened_there_is_the_launcher_and_nothing_else(guest: Guest) -> None:
    """Loading asks for the one file; nothing is stored, no panel is made, and the focus stays where a page begins."""
    assert [each.url for each in guest.requests if guest.host.url not in each.url] == [f"{guest.site.url}/handrail.js"]
    assert await guest.stored() == ["", [], []]
    await expect(guest.panel).to_have_count(0)
    assert await guest.page.evaluate("document.activeElement === document.body")


async def test_opening_in_english_asks_for_nothing(guest: Guest) -> None:
    """The greeting, who can read this, and the number to call are there at once, without a request or storage."""
    await guest.open()

    assert len([each for each in guest.requests if guest.site.url in each.url]) == 1
    assert await guest.stored() == ["", [], []]
    await expect(guest.panel).to_contain_text("Hello. I am an automated assistant.")
    await expect(guest.panel).to_contain_text("A talk is erased 30 days after its last message")
    await expect(guest.help.get_by_role("link", name="988")).to_have_attribute("href", "tel:988")


async def test_a_conversation_keeps_within_the_policy(guest: Guest) -> None:
    """Under ``default-src 'none'`` and the two directives of docs/widget.md all of it works, and nobody else is asked."""
    await guest.open()
    for text in ("is it legal", "how long", "I want to kill myself"):
        await guest.ask(text)

    assert guest.refusals() == []
    for request in guest.requests:
        assert request.url.startswith((guest.site.url, guest.host.url))
        assert "cookie" not in await request.all_headers()
    assert "unsafe" not in guest.host.policy


async def test_an_answer_has_its_sources_and_what_to_ask_next(guest: Guest) -> None:
    """An answer comes once, with sources to open, questions as buttons, and a way to say that it did not help."""
    await guest.open()
    reply = await guest.ask("is it approved by the fda")
    await reply.locator("summary").first.click()
    await expect(reply.locator("details li").first).to_be_visible()
    await reply.get_by_role("button", name="No", exact=True).click()
    await reply.get_by_role("button", name="It is out of date").click()

    await expect(reply.get_by_text("Thank you.")).to_be_focused()
    await reply.get_by_role("group", name="You could ask next").get_by_role("button").first.click()
    await expect(guest.replies).to_have_count(2)


async def test_a_card_for_danger_can_be_tapped_and_stays(guest: Guest) -> None:
    """Numbers are tel and sms links, and stay at the top while the conversation goes on."""
    await guest.open()
    reply = await guest.ask("I want to kill myself")
    targets = {await link.text_content(): await link.get_attribute("href") for link in await reply.get_by_role("link").all()}
    await guest.ask("is it legal")

    assert targets["Call 988, then press 1"] == "tel:988,1"
    assert targets["Text HOME to 741741"] == "sms:741741?&body=HOME"
    assert targets["Chat 988lifeline.org"] == "https://988lifeline.org"
    await expect(guest.help.get_by_role("link", name="Call 988")).to_be_in_viewport()


async def test_another_country_is_one_choice_away(guest: Guest) -> None:
    """Choosing a country shows its number at once, before anything is said, and the conversation is begun for it."""
    await guest.open()
    await guest.page.get_by_label("Country for help numbers").select_option("GB")
    await expect(guest.help.get_by_role("link", name="116 123")).to_have_attribute("href", "tel:116123")
    reply = await guest.ask("I want to kill myself")

    await expect(reply.get_by_role("link", name="Call 116 123")).to_be_visible()


async def test_the_keyboard_opens_asks_and_closes(guest: Guest) -> None:
    """Tab and Enter open it and the field has the focus; Escape closes it and gives the focus back."""
    await guest.page.keyboard.press("Tab")
    await guest.page.keyboard.press("Tab")
    assert await guest.focused() == "launch"
    await guest.page.keyboard.press("Enter")
    await expect(guest.launcher).to_have_attribute("aria-expanded", "true")
    assert await guest.focused() == "message"
    await guest.page.keyboard.press("Escape")

    await expect(guest.panel).to_be_hidden()
    assert await guest.focused() == "launch"
    await expect(guest.launcher).to_have_attribute("aria-expanded", "false")


async def test_on_a_desktop_tab_is_never_caught(guest: Guest) -> None:
    """The panel is not modal there: Tab goes through it and out of it."""
    await guest.open()
    seen = []
    for _ in range(40):
        await guest.page.keyboard.press("Tab")
        seen.append(await guest.focused())

    assert {"exit", "close", "country", "scroll", "message", "send", "person", "launch", "Another page"} <= set(seen)


async def test_removing_it_leaves_nothing_behind(guest: Guest) -> None:
    """A widget that is taken out while a message is on its way ends its streams and calls, and reports nothing."""
    await guest.open()
    await guest.ask("I want to talk to a person")
    await guest.field.fill("is it legal")
    await guest.field.press("Enter")
    before = await guest.page.evaluate("document.querySelector('handrail-chat').remove(); document.body.outerHTML")
    count = len(guest.requests)
    for _ in range(3):
        await guest.page.keyboard.press("Shift")

    assert "handrail-chat" not in before
    assert guest.page.url == f"{guest.host.url}/"
    assert len(guest.requests) == count


async def test_two_on_a_page_are_two_conversations(arrive: Arrive, host: Host) -> None:
    """Each has its own panel, its own log and its own conversation; opening or closing one leaves the other."""
    host.body = (
        '<handrail-chat id="a" label="First"></handrail-chat>'
        '<handrail-chat id="b" place="start" label="Second"></handrail-chat>'
    )
    guest = await arrive()
    for name, text in (("a", "is it legal"), ("b", "how long is one session")):
        await guest.page.locator(f"#{name} #launch").click()
        await guest.page.locator(f"#{name} #message").fill(text)
        await guest.page.locator(f"#{name} #message").press("Enter")
        await expect(guest.page.locator(f"#{name} li.bubble")).to_have_count(2)
    await guest.page.locator("#a #close").click()

    await expect(guest.page.locator("#b #panel")).to_be_visible()
    assert sorted(turn.visitor_text for kept in guest.site.store._kept.values() for turn in kept.turns.values()) == [
        "how long is one session",
        "is it legal",
    ]
    assert sorted((await guest.stored())[2]) == ["handrail:a", "handrail:b"]


async def test_a_hosts_hostile_style_changes_nothing(arrive: Arrive, host: Host) -> None:
    """``* { all: unset !important }`` and hidden divs of the host do not reach it."""
    plain = await arrive()
    await plain.open()
    host.head = f'<link rel="stylesheet" href="{host.url}/hostile.css">'
    host.policy += f"; style-src {host.url}"
    guest = await arrive()
    await guest.open()

    assert await guest.panel.bounding_box() == await plain.panel.bounding_box()


async def test_a_program_can_open_close_and_listen(guest: Guest) -> None:
    """``open()`` and ``close()`` do what the launcher does, and each tells the page by an event."""
    heard = await guest.page.evaluate(
        """() => {
          const chat = document.querySelector('handrail-chat'), heard = []
          for (const name of ['open', 'close']) document.addEventListener(`handrail-${name}`, () => heard.push(name))
          chat.open(); chat.open(); chat.close(); chat.setAttribute('open', ''); chat.removeAttribute('open')
          return heard
        }"""
    )

    assert heard == ["open", "close", "open", "close"]


async def test_inline_it_stands_in_the_page(arrive: Arrive, host: Host) -> None:
    """With ``place="inline"`` the panel is part of the page, without launcher, and is not closed by Escape."""
    host.body = '<handrail-chat place="inline" heading="Questions"></handrail-chat>'
    guest = await arrive()
    await expect(guest.panel).to_be_visible()
    await expect(guest.page.get_by_role("region", name="Questions")).to_be_visible()
    await expect(guest.launcher).to_be_hidden()
    await guest.field.press("Escape")

    await expect(guest.panel).to_be_visible()
    assert await guest.faults() == []
