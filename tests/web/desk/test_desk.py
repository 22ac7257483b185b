"""What responders, editors and admins do over HTTP, and what it leaves in the store."""

import asyncio
import json
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientResponse

from adapters.web.desk.live import MAX_STREAMS
from bot.assembly import Core
from bot.errors import StoreUnavailable
from bot.model import ConversationId, Owner, PersonSaid
from bot.ports import Reach
from bot.staff import Rated
from tests.conftest import NOON
from tests.web.desk.sites import DANGER, Browser, DeskSite

C1 = ConversationId("c-1")
TALK = "/desk/conversations/c-1"
MARK = "canary7c1f"


def a_reply(text: str = "I am here.", message_id: str | None = None) -> dict[str, str]:
    """The form of a reply."""
    return {"text": text, "message_id": message_id or str(uuid.uuid4())}


@asynccontextmanager
async def following(browser: Browser, path: str) -> AsyncIterator[ClientResponse]:
    """An open page that follows what happens."""
    async with browser.client.get(browser.site.url + path, headers={"Accept": "text/event-stream"}) as response:
        yield response


async def event(response: ClientResponse) -> tuple[str, Any]:
    """Return the next event."""
    async with asyncio.timeout(10):
        block = (await response.content.readuntil(b"\r\n\r\n")).decode()
    fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
    return fields["event"], json.loads(fields["data"])


async def part(response: ClientResponse, name: str) -> str:
    """Return a part of the page as soon as it comes."""
    while True:
        kind, parts = await event(response)
        assert kind == "parts"
        if name in parts:
            return str(parts[name])


async def did(desk: DeskSite) -> list[tuple[str, str]]:
    """Return what stands in the audit trail, oldest first, without log-ins and invitations."""
    lines = [(each.by, each.did) for each in await desk.store.audited()][::-1]
    return [line for line in lines if not line[1].startswith(("logged in", "invited", "looked at the questions"))]


async def test_the_queue_says_in_words_who_waits_the_gravest_first(desk: DeskSite, dana: Browser) -> None:
    """Danger stands above a wish for a person that waits longer, and nothing that was said is shown."""
    await desk.write("let me talk to a person", "c-2")
    await desk.write(f"{DANGER} {MARK}")
    text = (await dana.get("/desk")).text

    assert text.index("Crisis") < text.index("Asks for a person")
    assert "about themselves" in text
    assert MARK not in text
    assert (await did(desk)) == []


async def test_a_look_is_recorded_before_anything_is_shown(desk: DeskSite, dana: Browser) -> None:
    """Each look at a transcript is a line, also where nobody waits, and the visitor of a waiting one is told once."""
    await desk.write("when do you open", "c-2")
    await desk.write(DANGER)
    for path in (TALK, TALK, "/desk/conversations/c-2"):
        assert (await dana.get(path)).status == 200

    assert await did(desk) == [("dana", "looked")] * 3
    assert sum(1 for each in await desk.store.entries(C1) if getattr(each, "what", "") == "seen") == 1


async def test_nothing_is_shown_when_the_look_can_not_be_recorded(
    desk: DeskSite, dana: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its store the desk shows no transcript, and says so on a page of its own."""
    await desk.write(f"{DANGER} {MARK}")

    async def away(*_arguments: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(desk.store, "act", away)
    page = await dana.get(TALK)

    assert page.status == 503
    assert "Nothing can be saved just now" in page.text
    assert MARK not in page.text


async def test_why_it_is_here_names_the_rule_and_the_sentence(desk: DeskSite, dana: Browser) -> None:
    """A responder sees which layer fired, and on which words."""
    await desk.write("hello")
    await desk.write(DANGER)
    text = (await dana.get(TALK)).text

    assert "Why it is here" in text
    assert "A rule over words" in text
    assert "<q>i want to kill myself tonight</q>" in text


async def test_of_two_who_claim_at_once_one_wins_each_time(desk: DeskSite, dana: Browser, sam: Browser) -> None:
    """A hundred times over HTTP: one is told it is theirs, the other who has it."""
    for number in range(100):
        await desk.write(DANGER, f"c-{number}")
        path = f"/desk/conversations/c-{number}/claim"
        got = dict(zip(("Dana", "Sam"), await asyncio.gather(dana.ask(path), sam.ask(path)), strict=True))
        winner = next(name for name, page in got.items() if page.status == 200)
        loser = "Sam" if winner == "Dana" else "Dana"
        standing = await desk.store.standing(ConversationId(f"c-{number}"))

        assert standing.responder is not None
        assert standing.responder.name == winner
        assert (got[loser].status, json.loads(got[loser].text)) == (409, {"error": f"{winner} has this conversation."})


async def test_a_reply_reaches_the_store_once_however_often_it_is_sent(desk: DeskSite, dana: Browser) -> None:
    """The page gives each reply an id; sent again, it is the same reply."""
    await desk.write(DANGER)
    await dana.ask(f"{TALK}/claim")
    form = a_reply("I am here.\r\nTell me more.")
    pages = [await dana.ask(f"{TALK}/reply", form) for _ in range(3)]
    said = [each for each in await desk.store.entries(C1) if isinstance(each, PersonSaid)]

    assert [page.status for page in pages] == [200] * 3
    assert [(each.name, each.text) for each in said] == [("Dana", "I am here.\nTell me more.")]


async def test_a_reply_is_marked_as_delivered_when_it_is(desk: DeskSite, dana: Browser) -> None:
    """Not yet, kept for a visitor whose page is closed, and delivered: each in words."""
    await desk.write(DANGER)
    await dana.ask(f"{TALK}/claim")
    kept = await dana.ask(f"{TALK}/reply", a_reply())
    with desk.presence.listening(C1):
        sent = await dana.ask(f"{TALK}/typing", {"is_typing": "yes"}), await dana.get(TALK)
    await desk.store.delivered(C1, 99)
    delivered = await dana.get(TALK)

    assert "It is kept" in kept.text
    assert "Not delivered yet" in sent[1].text
    assert ">Delivered<" in delivered.text


@pytest.mark.parametrize("act", ["reply", "put-back", "hand-back", "close", "transfer"])
async def test_only_who_has_a_conversation_may_do_something_with_it(
    desk: DeskSite, dana: Browser, sam: Browser, act: str
) -> None:
    """Somebody else is told who has it; nothing happens, and what was typed comes back."""
    await desk.write(DANGER)
    await sam.ask(f"{TALK}/claim")
    before = await desk.store.standing(C1)
    form = {**a_reply(f"typed with care {MARK}"), "verdict": "test", "to": "dana"}
    page = await dana.post(f"{TALK}/{act}", form)

    assert page.status == 409
    assert "Sam has this conversation." in page.text
    assert MARK in page.text
    assert await desk.store.standing(C1) == before


async def test_taking_over_is_its_own_step(desk: DeskSite, dana: Browser, sam: Browser) -> None:
    """Claiming never takes a conversation from somebody; taking over does, and the one before sees it."""
    await desk.write(DANGER)
    await sam.ask(f"{TALK}/claim")
    assert (await dana.ask(f"{TALK}/claim")).status == 409
    taken = await dana.ask(f"{TALK}/take-over")

    assert "You have this conversation." in json.loads(taken.text)["parts"]["state"]
    assert "Dana has this conversation." in (await sam.get(TALK)).text


async def test_a_conversation_can_be_given_to_a_colleague_who_is_alerted(desk: DeskSite, dana: Browser) -> None:
    """Only to somebody who may take it; then they own it, and alerts run until they react."""
    await desk.write(DANGER)
    await dana.ask(f"{TALK}/claim")
    refused = [(await dana.ask(f"{TALK}/transfer", {"to": to})).status for to in ("ed", "nobody", "")]
    given = await dana.ask(f"{TALK}/transfer", {"to": "sam"})
    standing = await desk.store.standing(C1)

    assert refused == [409] * 3
    assert json.loads(given.text) == {"to": "/desk"}
    assert standing.responder is not None
    assert (standing.responder.name, standing.raised_at) == ("Sam", NOON)
    assert await desk.store.next_due() == NOON


@pytest.mark.parametrize(("clear", "cleared"), [("", False), ("yes", True)])
async def test_handing_back_clears_the_crisis_only_when_that_was_said(
    desk: DeskSite, dana: Browser, clear: str, *, cleared: bool
) -> None:
    """The two are two buttons; without clearing, the numbers stay in view."""
    await desk.write(DANGER)
    await dana.ask(f"{TALK}/claim")
    await dana.ask(f"{TALK}/hand-back", {"clear": clear})
    turn = await desk.write("when do you open")

    assert turn.latched is not cleared


async def test_putting_back_lets_anybody_claim(desk: DeskSite, dana: Browser, sam: Browser) -> None:
    """A conversation that was put back waits again, and another may take it."""
    await desk.write(DANGER)
    await dana.ask(f"{TALK}/claim")
    await dana.ask(f"{TALK}/put-back")

    assert (await desk.store.standing(C1)).owner is Owner.QUEUED
    assert (await sam.ask(f"{TALK}/claim")).status == 200


@pytest.mark.parametrize(
    ("form", "lesson"),
    [
        ({"verdict": "real", "label": "crisis-self", "severity": "imminent"}, ("real", "crisis-self", "imminent")),
        ({"verdict": "missed", "label": "distress", "severity": "high"}, ("missed", "distress", None)),
        ({"verdict": "false_alarm", "label": "crisis-self", "severity": "high"}, ("false_alarm", None, None)),
        ({"verdict": "test"}, ("test", None, None)),
    ],
)
async def test_a_verdict_is_kept_for_training(
    desk: DeskSite, dana: Browser, form: dict[str, str], lesson: tuple[str, ...]
) -> None:
    """Closing keeps what it was, with the message it is about."""
    await desk.write(DANGER)
    await dana.ask(f"{TALK}/claim")
    await dana.ask(f"{TALK}/close", form)
    (kept,) = await desk.store.lessons()

    assert (kept.verdict, kept.label, kept.severity) == lesson
    assert kept.text == DANGER
    assert (await desk.store.standing(C1)).owner is Owner.CLOSED


async def test_a_verdict_can_be_about_another_message(desk: DeskSite, dana: Browser) -> None:
    """What was missed may stand in a message that opened nothing."""
    missed = await desk.write("when do you open")
    await desk.write("let me talk to a person")
    await dana.ask(f"{TALK}/claim")
    form = {"verdict": "missed", "label": "crisis-self", "severity": "high", "message_id": missed.message_id}
    await dana.ask(f"{TALK}/close", form)

    assert [each.text for each in await desk.store.lessons()] == ["when do you open"]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "Say first what it was."),
        ({"verdict": "real", "label": "nonsense"}, "Say which kind it was."),
        ({"verdict": "real", "label": "crisis-self"}, "Say how grave it was."),
    ],
)
async def test_a_verdict_that_lacks_something_closes_nothing(
    desk: DeskSite, dana: Browser, form: dict[str, str], said: str
) -> None:
    """What is missing is said, and the conversation stays."""
    await desk.write(DANGER)
    await dana.ask(f"{TALK}/claim")
    page = await dana.ask(f"{TALK}/close", form)

    assert (page.status, json.loads(page.text)["error"]) == (422, said)
    assert (await desk.store.standing(C1)).owner is Owner.PERSON


async def test_a_note_is_never_in_what_a_visitor_gets(desk: DeskSite, dana: Browser, sam: Browser) -> None:
    """Notes are kept apart: in no entry, seen by colleagues, also of a conversation that somebody else has."""
    await desk.write(DANGER)
    await sam.ask(f"{TALK}/claim")
    await dana.ask(f"{TALK}/note", {"text": f"call the duty doctor {MARK}"})

    assert MARK not in repr(await desk.store.entries(C1))
    assert MARK in (await sam.get(TALK)).text


@pytest.mark.parametrize(
    ("act", "form"), [("reply", {"text": " \n"}), ("note", {"text": ""}), ("reply", {"text": "x" * 10_001})]
)
async def test_what_can_not_be_sent_is_refused_in_words(
    desk: DeskSite, dana: Browser, act: str, form: dict[str, str]
) -> None:
    """Nothing, or too much, is neither said nor noted."""
    await desk.write(DANGER)
    await dana.ask(f"{TALK}/claim")
    page = await dana.ask(f"{TALK}/{act}", {**a_reply(), **form})

    assert page.status == 422
    assert "error" in json.loads(page.text)


async def test_a_conversation_that_was_erased_is_said_to_be_gone(desk: DeskSite, dana: Browser) -> None:
    """The page, and what is sent from it, say that the visitor erased it; what was typed comes back."""
    await desk.write(DANGER)
    await dana.ask(f"{TALK}/claim")
    await desk.store.erase(C1, NOON)
    sent = await dana.post(f"{TALK}/reply", a_reply(f"hello {MARK}"))

    assert (sent.status, (await dana.get(TALK)).status) == (404, 404)
    assert "the visitor erased it" in sent.text
    assert MARK in sent.text


async def test_everything_done_is_in_the_audit_trail(desk: DeskSite, dana: Browser, ada: Browser) -> None:
    """Each action is a line with who did it, in order, and none says what was said."""
    await desk.write(f"{DANGER} {MARK}")
    await dana.get(TALK)
    await dana.ask(f"{TALK}/claim")
    await dana.ask(f"{TALK}/reply", a_reply(MARK))
    await dana.ask(f"{TALK}/note", {"text": MARK})
    await dana.ask(f"{TALK}/clear")
    await dana.ask(f"{TALK}/close", {"verdict": "test"})
    await dana.post("/desk/log-out")
    await dana.log_in("dana", MARK)
    trail = (await ada.get("/desk/audit")).text

    assert await did(desk) == [
        *(("dana", each) for each in ("looked", "claimed", "spoke", "noted", "cleared", "closed", "logged out")),
        ("-", "failed to log in"),
        ("ada", "looked at the audit trail"),
    ]
    assert MARK not in trail


async def test_an_open_queue_shows_who_comes_in(desk: DeskSite, dana: Browser) -> None:
    """A page that follows gets what changed, rendered, within the second."""
    async with following(dana, "/desk/events") as stream:
        assert "Nobody waits." in await part(stream, "queue")
        await desk.write(DANGER)
        kind, parts = await event(stream)

    assert kind == "parts"
    assert "Crisis" in parts["queue"]
    assert 'data-n="1"' in parts["waiting"]


async def test_an_open_conversation_shows_what_is_said(desk: DeskSite, dana: Browser, sam: Browser) -> None:
    """A colleague's claim, the visitor's message and their typing arrive, and only what changed is sent."""
    await desk.write(DANGER)
    await dana.get(TALK)
    async with following(dana, f"{TALK}/events") as stream:
        await part(stream, "entry-1")
        await sam.ask(f"{TALK}/claim")
        assert "Sam has this conversation." in await part(stream, "state")
        await desk.write(f"are you there {MARK}")
        _, parts = await event(stream)
        assert [name for name, html in parts.items() if MARK in html and name.startswith("entry-")] != []
        assert "entry-1" not in parts
        desk.presence.visitor_types(C1, is_typing=True)
        assert "is typing" in await part(stream, "presence")
        await desk.store.erase(C1, NOON)
        desk.changes.notify(C1)
        assert "Not there any more" in await part(stream, "state")


async def test_following_is_a_look_unless_the_page_was_just_opened(desk: DeskSite, dana: Browser) -> None:
    """A stream that is opened by itself is audited; the one of a page that was opened is not counted twice."""
    await desk.write(DANGER)
    await dana.get(TALK)
    for _ in range(2):
        async with following(dana, f"{TALK}/events") as stream:
            await part(stream, "state")

    assert await did(desk) == [("dana", "looked")] * 2


async def test_a_stream_ends_with_its_log_in(dana: Browser) -> None:
    """Who logs out in one page gets nothing more in another."""
    async with following(dana, "/desk/events") as stream:
        await part(stream, "queue")
        await dana.post("/desk/log-out")
        assert await event(stream) == ("ended", {})


async def test_a_stream_ends_with_the_role_that_opened_it(desk: DeskSite, dana: Browser) -> None:
    """Who is made an editor sees no conversation any more, also in a page that was open before."""
    await desk.write(DANGER)
    await dana.get(TALK)
    async with following(dana, f"{TALK}/events") as stream:
        await part(stream, "state")
        await desk.link("dana", role="editor")
        desk.changes.notify(C1)
        assert await event(stream) == ("ended", {})


async def test_too_many_open_pages_pause_the_oldest(dana: Browser) -> None:
    """A browser has six connections to a host: the oldest page makes room, and says that it did."""
    async with following(dana, "/desk/events") as first:
        await part(first, "queue")
        others = [following(dana, "/desk/events") for _ in range(MAX_STREAMS)]
        for each in others:
            await part(await each.__aenter__(), "queue")
        assert await event(first) == ("paused", {})
        for each in others:
            await each.__aexit__(None, None, None)


async def test_an_open_queue_says_that_the_store_is_away(
    desk: DeskSite, dana: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the store does not answer, the page says that it is not up to date, and recovers by itself."""
    async with following(dana, "/desk/events") as stream:
        await part(stream, "queue")
        with monkeypatch.context() as patched:

            async def away() -> None:
                raise StoreUnavailable

            patched.setattr(desk.store, "cases", away)
            desk.changes.notify(C1)
            assert "The store does not answer" in await part(stream, "reach")
        desk.changes.notify(C1)
        assert "The store does not answer" not in await part(stream, "reach")


async def test_a_stop_ends_open_pages(desk: DeskSite, dana: Browser) -> None:
    """On SIGTERM no open page holds the server up; the pages come back by themselves."""
    async with following(dana, "/desk/events") as stream:
        await part(stream, "queue")
        async with asyncio.timeout(4):
            await desk.stop()


async def test_the_desk_says_when_nobody_can_be_told(small_core: Core) -> None:
    """Without a way to reach anybody, every page for responders says so."""
    site = await DeskSite(small_core, reach=Reach(can_be_told=False)).start()
    await site.hire()
    async with Browser(site) as browser:
        await browser.log_in()
        text = (await browser.get("/desk")).text
    await site.stop()

    assert "No way to reach anybody is set." in text


async def test_vetted_texts_are_the_packs_answers_and_the_numbers(desk: DeskSite, dana: Browser) -> None:
    """A responder can put in what was approved, and the lines of the visitor's country."""
    await desk.write(DANGER)
    texts = json.loads((await dana.get(f"{TALK}/vetted")).text)["texts"]

    assert {each["text"] for each in texts} >= {answer.text for answer in desk.core.book.answers.values()}
    assert [each["topic"] for each in texts].count("Numbers") >= 1


async def test_an_editor_sees_what_had_no_answer_and_nothing_of_danger(desk: DeskSite, ed: Browser) -> None:
    """Unanswered questions and those rated down are listed; a message in danger is not, whatever was said of it."""
    danger = await desk.write(f"{DANGER} {MARK}", "c-2")
    await desk.store.rate(Rated(conversation_id=ConversationId("c-2"), n=danger.n, at=NOON, verdict="down"))
    await desk.write("which moon is the best one", "c-3")
    text = (await ed.get("/desk/questions")).text

    assert "which moon is the best one" in text
    assert MARK not in text


async def test_a_settled_question_is_off_the_list(desk: DeskSite, ed: Browser) -> None:
    """An editor takes a question off, and the audit trail says who did."""
    turn = await desk.write("which moon is the best one", "c-3")
    await ed.post("/desk/questions/settle", {"conversation": "c-3", "message": turn.message_id})

    assert "which moon" not in (await ed.get("/desk/questions")).text
    assert ("ed", "settled a question") in await did(desk)


async def test_an_admin_makes_a_link_that_is_shown_once(desk: DeskSite, ada: Browser) -> None:
    """The link of a new account stands on the page that made it, and on no other."""
    made = await ada.post("/desk/team/invite", {"account": "Kim", "name": "Kim", "role": "editor"})
    again = await ada.get("/desk/team")

    assert f"{desk.url}/desk/welcome#" in made.text
    assert "/desk/welcome#" not in again.text
    assert "logs in as kim" in again.text


async def test_an_admin_can_not_lock_everybody_out(ada: Browser) -> None:
    """Nobody shuts themselves out, or takes their own role away."""
    shut = await ada.post("/desk/team/shut-out", {"account": "ada"})
    lowered = await ada.post("/desk/team/invite", {"account": "ada", "role": "editor"})

    assert (shut.status, lowered.status) == (422, 422)
    assert (await ada.get("/desk/team")).status == 200


async def test_an_admin_shuts_somebody_out(desk: DeskSite, ada: Browser, dana: Browser) -> None:
    """A log-in of theirs ends at once."""
    await ada.post("/desk/team/shut-out", {"account": "dana"})

    assert (await dana.get("/desk")).status == 401
    assert ("ada", "shut out dana") in await did(desk)


async def test_text_is_text_whatever_it_looks_like(desk: DeskSite, dana: Browser) -> None:
    """What a visitor or a colleague typed is never markup, in a page or in a live part."""
    evil = '<img src=x onerror=alert(1)> & "quotes" i want to kill myself'
    await desk.write(evil)
    await dana.ask(f"{TALK}/claim")
    answer = await dana.ask(f"{TALK}/note", {"text": evil})
    for text in ((await dana.get(TALK)).text, *json.loads(answer.text)["parts"].values()):
        assert "<img" not in text


async def test_nothing_of_anybody_is_in_a_log_line(
    desk: DeskSite, dana: Browser, stranger: Browser, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Log-ins that fail, texts of all kinds and faults of all kinds leave no word, name, address or token in the log."""
    with caplog.at_level(logging.DEBUG):
        await desk.write(f"{DANGER} {MARK}")
        await stranger.log_in(MARK, MARK)
        await stranger.post("/desk/welcome", {"code": MARK})
        for act in ("claim", "reply", "note", MARK):
            await dana.post(f"{TALK}/{act}", a_reply(MARK))
        await dana.get(f"/desk/{MARK}?{MARK}")
        with monkeypatch.context() as patched:

            async def fail(*_arguments: object) -> None:
                raise RuntimeError(MARK)

            patched.setattr(desk.store, "case", fail)
            failed = await dana.get(TALK)
    ours = "\n".join(
        f"{record.getMessage()} {vars(record)}" for record in caplog.records if record.name.startswith("handrail")
    )

    assert failed.status == 500
    assert MARK not in failed.text
    assert "desk request failed" in ours
    for secret in (MARK, "dana", "Dana", "127.0.0.1", dana.csrf, "c-1'"):
        assert secret not in ours, secret


async def test_what_was_raised_must_be_read_before_it_is_closed(desk: DeskSite, dana: Browser) -> None:
    """Closing over danger that just came in is refused in words; "I have read it" ends the alerts, and then it closes."""
    await desk.write("can i talk to a person")
    await dana.ask(f"{TALK}/claim")
    await desk.write(DANGER)
    refused = await dana.ask(f"{TALK}/close", {"verdict": "test"})
    page = await dana.get(TALK)
    await dana.ask(f"{TALK}/claim")
    closed = await dana.ask(f"{TALK}/close", {"verdict": "test"})

    assert "nobody has reacted to" in refused.text
    assert "I have read it" in page.text
    assert closed.status == 200
    assert (await desk.store.standing(C1)).owner is Owner.CLOSED
