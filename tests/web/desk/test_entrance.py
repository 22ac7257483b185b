"""Who gets in: passwords, one-time links, log-ins that end, and forms that came from elsewhere."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

from adapters.web.desk.accounts import AccountRejected, hash_of, invite, listed, remove
from adapters.web.desk.passwords import fault_of
from adapters.web.desk.throttle import PER_ACCOUNT_AND_ADDRESS, PER_ADDRESS
from bot.assembly import Core
from bot.memory import FixedClock, MemoryStore
from bot.model import ResponderId
from tests.web.desk.sites import PASSWORD, Browser, DeskSite, Page

NEW = "a heron stands in the reeds"


async def welcome(browser: Browser, link: str, **more: str) -> Page:
    """Use a link, as its page does."""
    fields = {"code": link.partition("#")[2], "password": NEW, "again": NEW, "shown": "Dana", **more}
    return await browser.post("/desk/welcome", fields)


async def test_the_right_password_logs_in_and_goes_on(stranger: Browser) -> None:
    """Who opened a conversation's page before is sent there."""
    page = await stranger.log_in("Dana ", to="/desk/conversations/c-1")

    assert (page.status, page.headers["Location"]) == (303, "/desk/conversations/c-1")


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/\\evil.example", "/desk/\\evil", "/desk/log-out"]
)
async def test_a_log_in_leads_nowhere_else(stranger: Browser, to: str) -> None:
    """Where to go on is a page of the desk, whatever a link says."""
    page = await stranger.log_in(to=to)

    assert page.headers["Location"] == "/desk"


@pytest.mark.parametrize(("name", "password"), [("dana", "wrong"), ("nobody", PASSWORD), ("", ""), ("dana", "x" * 2_000)])
async def test_a_wrong_name_and_a_wrong_password_look_the_same(stranger: Browser, name: str, password: str) -> None:
    """What comes back does not tell which accounts there are."""
    page = await stranger.log_in(name, password)

    assert page.status == 401
    assert "do not go together" in page.text
    assert "Set-Cookie" not in page.headers


async def test_failing_too_often_must_wait(stranger: Browser) -> None:
    """After five failures even the right password waits, and the page says for how long."""
    for _ in range(PER_ACCOUNT_AND_ADDRESS):
        await stranger.log_in("dana", "wrong")
    page = await stranger.log_in("dana")

    assert page.status == 429
    assert "try again in 15 minutes" in page.text
    assert (await stranger.log_in("sam")).status == 303


async def test_an_address_that_fails_too_often_must_wait(stranger: Browser) -> None:
    """Trying many names from one address is throttled too."""
    for number in range(PER_ADDRESS):
        await stranger.log_in(f"name{number}", "wrong")

    assert (await stranger.log_in("dana")).status == 429


async def test_an_attack_from_elsewhere_does_not_keep_a_responder_out(small_core: Core) -> None:
    """Failures from another address do not count against whoever logs in from here."""
    site = await DeskSite(small_core, trusted_proxies=1).start()
    await site.hire()
    async with Browser(site) as browser:
        for _ in range(PER_ACCOUNT_AND_ADDRESS + 1):
            await browser.post("/desk/log-in", {"name": "dana", "password": "x"}, X_Forwarded_For="192.0.2.7")
        refused = await browser.post("/desk/log-in", {"name": "dana", "password": PASSWORD}, X_Forwarded_For="192.0.2.7")
        let_in = await browser.post("/desk/log-in", {"name": "dana", "password": PASSWORD}, X_Forwarded_For="192.0.2.8")
    await site.stop()

    assert (refused.status, let_in.status) == (429, 303)


async def test_a_log_in_ends_after_its_hours(desk: DeskSite, dana: Browser) -> None:
    """Past the hours of the setting each page asks to log in again, and remembers which it was."""
    desk.fixed.at += timedelta(hours=12)
    page = await dana.get("/desk/questions")

    assert page.status == 401
    assert 'name="to" value="/desk/questions"' in page.text


async def test_logging_out_ends_the_log_in_on_the_server(desk: DeskSite, dana: Browser) -> None:
    """A cookie that was copied before opens nothing afterwards."""
    cookies = {cookie.key: cookie.value for cookie in dana.client.cookie_jar}
    await dana.post("/desk/log-out")
    async with Browser(desk) as thief:
        page = await thief.get("/desk", Cookie="; ".join(f"{name}={value}" for name, value in cookies.items()))

    assert cookies
    assert page.status == 401


async def test_who_is_shut_out_is_out_at_once(desk: DeskSite, dana: Browser) -> None:
    """The log-ins of a removed account end, and its password opens nothing."""
    await remove(desk.store, account_id="dana", clock=desk.clock)

    assert (await dana.get("/desk")).status == 401
    assert (await dana.log_in("dana")).status == 401


@pytest.mark.parametrize("path", ["/desk", "/desk/conversations/c-1", "/desk/questions", "/desk/team", "/desk/audit"])
async def test_no_page_opens_without_a_log_in(stranger: Browser, path: str) -> None:
    """Who is not logged in sees the form, and nothing else."""
    page = await stranger.get(path)

    assert page.status == 401
    assert "Log in to the desk" in page.text


async def test_a_link_in_a_mail_asks_once_more_from_our_own_page(stranger: Browser) -> None:
    """A strict cookie is not sent along from another site; our page loads again, and then it is."""
    page = await stranger.get("/desk/conversations/c-1", Sec_Fetch_Site="cross-site")

    assert page.status == 200
    assert 'content="0; url=/desk/conversations/c-1"' in page.text


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/desk", {"dana", "ada"}),
        ("/desk/conversations/c-1", {"dana", "ada"}),
        ("/desk/questions", {"dana", "ed", "ada"}),
        ("/desk/team", {"ada"}),
        ("/desk/audit", {"ada"}),
    ],
)
async def test_each_role_sees_its_pages(
    desk: DeskSite, dana: Browser, ed: Browser, ada: Browser, *, path: str, allowed: set[str]
) -> None:
    """Responders see queue and conversations, editors the questions, admins everything."""
    await desk.write("I want to kill myself")
    got = {name: (await who.get(path)).status for name, who in (("dana", dana), ("ed", ed), ("ada", ada))}

    assert {name for name, status in got.items() if status == 200} == allowed
    assert {status for status in got.values() if status != 200} <= {403}


@pytest.mark.parametrize("csrf", ["", "forged", "ünïcode"])
async def test_a_form_without_the_token_of_its_log_in_does_nothing(desk: DeskSite, dana: Browser, csrf: str) -> None:
    """A form that carries no token, or another one, is refused in words."""
    await desk.write("I want to kill myself")
    dana.csrf = csrf
    page = await dana.post("/desk/conversations/c-1/claim")

    assert page.status == 403
    assert "not sent from a page of the desk" in page.text
    assert (await desk.store.standing((await desk.store.cases())[0].conversation.id)).responder is None


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": ""}, {"Sec_Fetch_Site": "cross-site"}],
)
async def test_a_form_of_another_site_does_nothing(dana: Browser, headers: dict[str, Any]) -> None:
    """Even with the token, a form must come from here; so must the form to log in."""
    assert (await dana.post("/desk/log-out", **headers)).status == 403
    assert (await dana.post("/desk/log-in", {"name": "sam", "password": PASSWORD}, **headers)).status == 403
    assert (await dana.get("/desk")).status == 200


async def test_the_cookie_is_for_the_desk_alone(stranger: Browser) -> None:
    """No script reads it, no other site sends it, and over TLS it bears the prefix that binds it to this host."""
    cookie = (await stranger.log_in()).headers["Set-Cookie"]
    assert cookie.startswith("handrail-desk=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/desk"} <= set(cookie.split("; "))


async def test_over_tls_the_cookie_is_bound_to_the_host(small_core: Core) -> None:
    """With an https address it is ``__Host-``, and only sent over TLS."""
    site = await DeskSite(small_core, public_url="https://help.clinic.example").start()
    await site.hire()
    async with Browser(site) as browser:
        form = {"name": "dana", "password": PASSWORD}
        page = await browser.post("/desk/log-in", form, Origin="https://help.clinic.example")
    await site.stop()
    cookie = page.headers["Set-Cookie"]

    assert cookie.startswith("__Host-handrail-desk=")
    assert {"Secure", "Path=/", "HttpOnly"} <= set(cookie.split("; "))


async def test_every_page_says_how_it_may_be_used(dana: Browser) -> None:
    """Nothing is kept by a browser, framed by a site, or loaded from another host; errors and files included."""
    for path in ("/desk", "/desk/nothing", "/desk/static/desk.js", "/desk/static/desk.css", "/desk/log-in", "/desk/team"):
        headers = (await dana.get(path)).headers
        assert headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "form-action 'self'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"


async def test_what_is_not_there_is_a_page(dana: Browser) -> None:
    """An address that leads nowhere is answered in HTML, and a call by desk.js in a sentence."""
    assert "There is nothing at this address" in (await dana.get("/desk/nothing")).text
    assert (await dana.get("/desk/nothing", Accept="application/json")).text.startswith('{"error": "There is nothing')


async def test_a_link_sets_a_password_once(desk: DeskSite, stranger: Browser) -> None:
    """The link logs in; used again it says why it does not, and the old password is gone."""
    link = await desk.link("dana", role="responder")
    first, second = await welcome(stranger, link, shown="Dana K."), await welcome(stranger, link)

    assert (first.status, second.status) == (303, 422)
    assert "used before" in second.text
    assert (await stranger.log_in("dana", NEW)).status == 303
    assert (await stranger.log_in("dana", PASSWORD)).status == 401
    assert [each.name for each in await desk.store.accounts() if each.id == "dana"] == ["Dana K."]


async def test_of_two_who_use_a_link_at_once_one_wins(desk: DeskSite, stranger: Browser) -> None:
    """Whatever names they choose, one logs in, and the other is told that the link was used."""
    link = await desk.link("dana")
    pages = await asyncio.gather(*(welcome(stranger, link, shown=name) for name in ("Dana", "Anna", "Hanna", "Joanna")))

    assert sorted(page.status for page in pages) == [303, 422, 422, 422]


@pytest.mark.parametrize("hours", [48, 1_000])
async def test_a_link_ends_after_two_days(desk: DeskSite, stranger: Browser, hours: int) -> None:
    """Past its time a link is as good as a forged one."""
    link = await desk.link("dana")
    desk.fixed.at += timedelta(hours=hours)

    assert (await welcome(stranger, link)).status == 422
    assert (await welcome(stranger, "#forged")).status == 422


async def test_a_new_link_takes_the_place_of_the_one_before(desk: DeskSite, stranger: Browser) -> None:
    """Of two links for one account only the newer works."""
    old, new = await desk.link("dana"), await desk.link("dana")

    assert [(await welcome(stranger, link)).status for link in (old, new)] == [422, 303]


async def test_the_secret_of_a_link_is_not_kept(desk: DeskSite) -> None:
    """The store holds only a hash of it, and the link carries it where no server sees it."""
    link = await desk.link("dana")
    path, _, code = link.partition("#")

    assert path == f"{desk.url}/desk/welcome"
    assert code not in repr(vars(desk.store))
    assert await desk.store.invited(hash_of(code), desk.clock.now()) is not None


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"password": "short", "again": "short"}, "at least 12"),
        ({"again": "another one entirely"}, "not the same"),
        ({"shown": " "}, "1 to 40 characters"),
        ({"shown": "<b>Dana</b>"}, "1 to 40 characters"),
    ],
)
async def test_a_password_that_is_no_good_does_not_use_the_link_up(
    desk: DeskSite, stranger: Browser, more: dict[str, str], said: str
) -> None:
    """What is wrong is said, and the same link works with a better one."""
    link = await desk.link("dana")
    refused = await welcome(stranger, link, **more)

    assert refused.status == 422
    assert said in refused.text
    assert (await welcome(stranger, link)).status == 303


@pytest.mark.parametrize(
    "password",
    [
        *"short passwordpassword PasswordPassword1! 123456789012 aaaaaaaaaaaaaaaa abcdefghijklmn qwertyuiop12".split(),
        *["danadanadana", "Dana Kowalski", "letmeinletmein", "x" * 1_001],
    ],
)
def test_what_everybody_tries_first_is_no_password(password: str) -> None:
    """Short ones, runs, repeats, the usual words and one's own name are refused, with a sentence that helps."""
    assert fault_of(password, "dana", "Dana Kowalski")


@pytest.mark.parametrize("password", [PASSWORD, NEW, "kX9#vQ2!mP4z", "päron ger saft åt älgar", "danas four plain words"])
def test_a_good_password_is_taken(password: str) -> None:
    """Words that do not belong together are enough."""
    assert fault_of(password, "dana", "Dana") is None


async def test_an_outdated_hash_is_made_anew_at_the_next_log_in(desk: DeskSite, stranger: Browser) -> None:
    """A password that was kept with other parameters is kept with today's once it is known again."""
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    await desk.store.accept(hash_of((await desk.link("dana")).partition("#")[2]), old, desk.clock.now())
    assert (await stranger.log_in("dana")).status == 303
    kept = await desk.store.account(ResponderId("dana"))

    assert kept is not None
    assert kept.password_hash != old
    assert (await stranger.get("/desk")).status == 200
    assert (await stranger.log_in("dana")).status == 303


async def test_the_first_account_is_an_admin_and_a_known_one_keeps_its_role(store: MemoryStore, clock: FixedClock) -> None:
    """``desk add`` without a role makes an admin, then responders, and lets known ones be what they are."""
    for name in ("Ada", "dana", "ada"):
        await invite(store, account_id=name, clock=clock, base_url="https://x", desk=store)
    lines = await listed(store)

    assert [line.split() for line in lines] == [
        ["ada", "Ada", "admin", "invited"],
        ["dana", "Dana", "responder", "invited"],
    ]
    assert [each.did for each in await store.audited()] == ["invited ada", "invited dana", "invited ada"]


@pytest.mark.parametrize("name", ["", "two words", "-dana", "a" * 41, "dänä", "operator"])
async def test_a_log_in_name_that_is_none_is_refused(store: MemoryStore, clock: FixedClock, name: str) -> None:
    """The error says what a log-in name looks like."""
    with pytest.raises(AccountRejected, match="A log-in name has"):
        await invite(store, account_id=name, clock=clock, base_url="https://x")


async def test_who_is_not_there_can_not_be_removed(store: MemoryStore, clock: FixedClock) -> None:
    """Removing an unknown account says where all are listed."""
    with pytest.raises(AccountRejected, match="desk list"):
        await remove(store, account_id="nobody", clock=clock)


async def test_who_was_shut_out_comes_back_by_using_a_link_alone(desk: DeskSite, stranger: Browser) -> None:
    """A new link does not bring the old password back to life."""
    await remove(desk.store, account_id="dana", clock=desk.clock)
    link = await desk.link("dana")

    assert (await stranger.log_in("dana")).status == 401
    assert (await welcome(stranger, link)).status == 303
    found = await desk.store.account(ResponderId("dana"))
    assert found is not None
    assert found.is_active
