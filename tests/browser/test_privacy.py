"""No trace: nothing is asked before the first message, nothing of others, nothing is kept; and what was said can go."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Request, Route, expect

from adapters.web.pages import MODULES
from tests.browser.conftest import Visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]
KEPT = """async () => [document.cookie, localStorage.length, sessionStorage.length,
  (await indexedDB.databases()).length, (await caches.keys()).length, location.href]"""


async def test_nothing_is_asked_before_the_first_message_but_the_page_and_its_files(visit: Visit) -> None:
    """Loading fetches the page, its style, its scripts and its icon; typing fetches nothing."""
    requests: list[str] = []
    visit.page.on("request", lambda request: requests.append(request.url.removeprefix(visit.site.url)))
    await visit.page.reload()
    await visit.field.type("is it legal")
    await visit.page.wait_for_load_state("networkidle")

    assert set(requests) - {f"/static/{name}" for name in (*MODULES, "page.js", "page.css", "icon.svg")} == {"/"}


async def test_a_whole_conversation_asks_nobody_else(visit: Visit) -> None:
    """Every request of a conversation goes to the page's own server, without a cookie and without saying where from."""
    requests: list[Request] = []
    visit.page.on("request", lambda request: requests.append(request))  # noqa: PLW0108 - Playwright can't mark a builtin
    for text in ("is it legal", "how long", "I want to kill myself"):
        await visit.ask(text)

    assert requests
    for request in requests:
        assert request.url.startswith(visit.site.url)
        assert {"cookie", "referer"}.isdisjoint(await request.all_headers())


async def test_the_browser_keeps_nothing(visit: Visit) -> None:
    """No cookie, no storage, no database, no cache, and nothing in the address."""
    await visit.ask("I want to kill myself")

    assert await visit.page.evaluate(KEPT) == ["", 0, 0, 0, 0, f"{visit.site.url}/"]
    assert await visit.page.context.cookies() == []


async def test_the_policy_of_the_page_is_kept(visit: Visit) -> None:
    """Nothing that the page does is refused by its own policy."""
    said: list[str] = []
    visit.page.on("console", lambda message: said.append(message.text))
    await visit.page.reload()
    await visit.ask("I want to kill myself")

    assert [text for text in said if "Content Security Policy" in text] == []


async def test_erasing_empties_the_page_and_the_server(visit: Visit) -> None:
    """One press takes everything off the page, has it erased on the server, and says when and how much."""
    for text in ("is it legal", "I want to kill myself"):
        await visit.ask(text)
    await visit.button("Erase").click()

    await expect(visit.log.locator("li")).to_have_count(0)
    await expect(visit.status).to_contain_text("here and on the server: 2 messages.")
    await expect(visit.page.locator("#lifelines")).to_be_hidden()
    assert not visit.site.store._kept


async def test_a_conversation_can_begin_after_erasing(visit: Visit) -> None:
    """The next message is the first of a new conversation."""
    await visit.ask("is it legal")
    await visit.button("Erase").click()
    await expect(visit.status).to_contain_text("1 message.")
    await visit.ask("is it legal")

    assert [len(kept.turns) for kept in visit.site.store._kept.values()] == [1]


async def test_erasing_twice_is_not_said_to_be_done_before_it_is(visit: Visit) -> None:
    """A second press while the first is on its way neither stops it nor claims that nothing was kept."""
    go = asyncio.Event()

    async def hold(route: Route) -> None:
        await go.wait()
        await route.continue_()

    await visit.ask("is it legal")
    await visit.page.route("**/conversations/*", hold)
    await visit.button("Erase").click()
    await visit.button("Erase").click()
    await expect(visit.status).to_have_text("Erasing…")
    go.set()

    await expect(visit.status).to_contain_text("here and on the server: 1 message.")
    assert not visit.site.store._kept


async def test_erasing_nothing_asks_nobody(visit: Visit) -> None:
    """Before the first message there is nothing to erase, and no request is made."""
    requests: list[Request] = []
    visit.page.on("request", lambda request: requests.append(request))  # noqa: PLW0108 - Playwright can't mark a builtin
    await visit.button("Erase").click()

    await expect(visit.status).to_have_text("Erased. Nothing was kept.")
    assert [request.url for request in requests if "/api/" in request.url] == []


async def test_erasing_while_the_server_is_away_empties_the_page_and_tells_the_truth(visit: Visit) -> None:
    """The page is empty at once; that the server still has it is said, with a way to try again."""
    await visit.ask("is it legal")
    await visit.site.stop()
    await visit.button("Erase").click()
    await expect(visit.log.locator("li")).to_have_count(0)
    await expect(visit.alert).to_contain_text("the server could not be reached to erase it there.")
    await visit.site.start()
    await visit.alert.get_by_role("button", name="Try again").click()

    await expect(visit.status).to_have_text("Erased. The server no longer had it.")


async def test_erasing_stops_what_is_on_its_way(visit: Visit) -> None:
    """A message that had not arrived when everything was erased does not arrive afterwards."""
    await visit.site.stop()
    await visit.field.fill("is it legal")
    await visit.field.press("Enter")
    await expect(visit.status).to_have_text("Still trying…")
    await visit.button("Erase").click()
    await visit.site.start()
    await visit.ask("hello")

    (kept,) = visit.site.store._kept.values()
    assert [turn.visitor_text for turn in kept.turns.values()] == ["hello"]


async def test_the_conversation_can_be_taken_along(visit: Visit, tmp_path: Path) -> None:
    """Save writes both sides as a text file, also when the server is away, and warns of who else may find it."""
    reply = await visit.ask("I want to kill myself")
    await visit.site.stop()
    async with visit.page.expect_download() as download:
        await visit.button("Save").click()
    await (await download.value).save_as(tmp_path / "saved.txt")
    saved = (tmp_path / "saved.txt").read_text(encoding="utf-8")

    assert (await download.value).suggested_filename == "conversation.txt"
    assert "I want to kill myself" in saved
    assert "call 988" in saved
    await expect(reply).to_be_visible()
    await expect(visit.status).to_contain_text("Other people who use this device may find it.")


async def test_there_is_nothing_to_save_at_first(visit: Visit) -> None:
    """Before the first message Save says so."""
    await visit.button("Save").click()

    await expect(visit.status).to_have_text("There is nothing to save yet.")
