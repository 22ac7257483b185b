"""What every store must do with what responders and editors leave behind, and with what is past its time."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import ConversationUnknown
from bot.handoff import Claimed, Closed, Seen, Told
from bot.model import Conversation, ConversationId, Handoff, Kind, MessageId
from bot.ports import Store
from bot.staff import Audited, Expired, Lesson, Note, Question, Rated
from tests.conftest import DANA, NOON, SAM, a_turn
from tests.contract.stores import STORES

HERE, ELSEWHERE = ConversationId("c-1"), ConversationId("c-2")
DAY = timedelta(days=1)
NOTHING = Expired(ordinary=0, crisis=0, turns=0)


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Each store in turn, empty."""
    async with STORES[request.param](tmp_path) as opened:
        yield opened


async def danger(store: Store, here: ConversationId = HERE, message_id: str = "m-1") -> None:
    """A visitor is in danger."""
    about = (MessageId(message_id),)
    handoff = Handoff(conversation_id=here, kind=Kind.CRISIS, opened_at=NOON, urgent=True, message_ids=about)
    await store.append(replace(a_turn(message_id, here, kind=Kind.CRISIS), visitor_text=f"text of {message_id}"), handoff)


async def expire(store: Store, *, ordinary: int, crisis: int, dry_run: bool = False) -> Expired:
    """Erase what is older than so many days, counted from ten days after noon."""
    at = NOON + 10 * DAY
    return await store.expire(ordinary_before=at - ordinary * DAY, crisis_before=at - crisis * DAY, at=at, dry_run=dry_run)


async def test_the_audit_trail_is_read_newest_first(store: Store) -> None:
    """Of one conversation or of all, and not more than asked for."""
    lines = [
        Audited(at=NOON, by=DANA.id, did="logged_in"),
        Audited(at=NOON, by=DANA.id, did="looked", conversation_id=HERE),
        Audited(at=NOON - DAY, by=SAM.id, did="looked", conversation_id=ELSEWHERE),
    ]
    for line in lines:
        await store.audit(line)
    assert await store.audited() == lines[::-1]
    assert await store.audited(1) == [lines[2]]
    assert await store.audited(5, HERE) == [lines[1]]


async def test_what_responders_do_is_in_the_audit_trail(store: Store) -> None:
    """Each action with who and when; what no responder did is not."""
    await danger(store)
    for action in (Told(), Seen(by=DANA), Claimed(by=DANA)):
        await store.act(HERE, action, NOON)
    await store.add_note(Note(conversation_id=HERE, at=NOON, by=DANA.id, text="a note"))
    assert [line.did for line in await store.audited()] == ["noted", "claimed", "looked"]
    assert {(line.by, line.at, line.conversation_id) for line in await store.audited()} == {(DANA.id, NOON, HERE)}


async def test_an_action_that_is_refused_is_not_in_the_audit_trail(store: Store) -> None:
    """The trail says what was done."""
    await store.append(a_turn())
    with pytest.raises(Exception, match="Nobody waits"):
        await store.act(HERE, Closed(by=DANA), NOON)
    assert await store.audited() == []


async def test_the_audit_trail_outlives_the_conversation(store: Store) -> None:
    """It holds no content, and stays when the text is erased."""
    await danger(store)
    await store.act(HERE, Claimed(by=DANA), NOON)
    await store.erase(HERE, NOON)
    assert [line.did for line in await store.audited(5, HERE)] == ["claimed"]


async def test_notes_are_kept_apart_from_what_was_said(store: Store) -> None:
    """They come back oldest first, are no entries, and go with the conversation."""
    await danger(store)
    notes = [Note(conversation_id=HERE, at=NOON, by=by.id, text=f"note of {by.name} \x00") for by in (DANA, SAM)]
    for note in notes:
        await store.add_note(note)
    assert await store.notes(HERE) == notes
    assert len(await store.entries(HERE)) == 1
    await store.erase(HERE, NOON)
    assert await store.notes(HERE) == []


async def test_nothing_is_noted_or_rated_where_there_is_no_conversation(store: Store) -> None:
    """The caller learns of it."""
    with pytest.raises(ConversationUnknown):
        await store.add_note(Note(conversation_id=HERE, at=NOON, by=DANA.id, text=""))
    with pytest.raises(ConversationUnknown):
        await store.rate(Rated(conversation_id=HERE, n=1, at=NOON, verdict="up"))
    assert await store.audited() == []


async def test_questions_without_an_answer_are_listed_newest_first(store: Store) -> None:
    """Abstained from, asked back, or answered with a low score; not danger, and not good answers."""
    kinds = [Kind.ABSTAIN, Kind.CLARIFY, Kind.ANSWER, Kind.CRISIS, Kind.SMALLTALK]
    for n, kind in enumerate(kinds):
        at = NOON + timedelta(minutes=n)
        await store.append(replace(a_turn(f"m-{n}", kind=kind), at=at, visitor_text=f"text {n}", score=0.5))
    assert [each.text for each in await store.questions(0.6)] == ["text 2", "text 1", "text 0"]
    assert [each.text for each in await store.questions(0.5)] == ["text 1", "text 0"]
    assert await store.questions(0.6, limit=1) == [
        Question(
            conversation_id=HERE,
            message_id=MessageId("m-2"),
            at=NOON + timedelta(minutes=2),
            text="text 2",
            kind="answer",
            score=0.5,
        )
    ]


async def test_a_reply_that_was_rated_down_is_listed_with_the_reason(store: Store) -> None:
    """The last rating of a reply counts; a rating up takes it off again."""
    await store.append(a_turn())
    for verdict, reason, wanted in [("down", "", ["other"]), ("down", "wrong", ["wrong"]), ("up", "", [])]:
        await store.rate(Rated(conversation_id=HERE, n=1, at=NOON, verdict=verdict, reason=reason))  # type: ignore[arg-type]
        assert [each.rated_down for each in await store.questions(0.1)] == wanted


async def test_a_settled_question_is_off_the_list(store: Store) -> None:
    """Only that one, and settling it again or settling nothing is no fault."""
    for n in (1, 2):
        await store.append(a_turn(f"m-{n}", kind=Kind.ABSTAIN))
    for _ in range(2):
        await store.settle(HERE, MessageId("m-1"))
    await store.settle(ELSEWHERE, MessageId("m-1"))
    assert [each.message_id for each in await store.questions(0.1)] == ["m-2"]


async def test_a_verdict_is_a_lesson_from_the_messages_that_opened_the_case(store: Store) -> None:
    """With their words, the label and the language of the conversation."""
    await store.start(Conversation(id=HERE, locale="de-AT", started_at=NOON))
    for n in (1, 2):
        await danger(store, message_id=f"m-{n}")
    await store.act(HERE, Closed(by=DANA, verdict="real", label="self_harm", severity="high"), NOON + DAY)
    lesson = Lesson(text="text of m-1", verdict="real", label="self_harm", severity="high", locale="de", at=NOON + DAY)
    assert await store.lessons() == [lesson, replace(lesson, text="text of m-2")]


async def test_a_verdict_may_be_about_one_message(store: Store) -> None:
    """Then it is a lesson from that one; without a verdict, and after erasing, there is none."""
    await danger(store)
    await store.append(replace(a_turn("m-2"), visitor_text="missed"))
    await store.act(HERE, Closed(by=DANA, verdict="missed", message_id=MessageId("m-2")), NOON)
    await danger(store, ELSEWHERE)
    await store.act(ELSEWHERE, Closed(by=DANA), NOON)
    assert [(each.text, each.verdict) for each in await store.lessons()] == [("missed", "missed")]
    await store.erase(HERE, NOON)
    assert await store.lessons() == []


async def test_what_is_past_its_time_is_erased_with_a_receipt(store: Store) -> None:
    """Counted are conversations by class, and turns; newer ones stay."""
    for n in (1, 2):
        await store.append(a_turn(f"m-{n}"))
    await store.append(replace(a_turn(conversation="c-2"), at=NOON + 9 * DAY))
    assert await expire(store, ordinary=5, crisis=5) == Expired(ordinary=1, crisis=0, turns=2)
    receipt = await store.receipt(HERE)
    assert receipt is not None
    assert (receipt.turns, receipt.at) == (2, NOON + 10 * DAY)
    assert (await store.of(HERE), len(await store.of(ELSEWHERE))) == ([], 1)


async def test_a_dry_run_erases_nothing(store: Store) -> None:
    """It counts what a real one would erase."""
    await store.append(a_turn())
    assert await expire(store, ordinary=5, crisis=5, dry_run=True) == Expired(ordinary=1, crisis=0, turns=1)
    assert (len(await store.of(HERE)), await store.receipt(HERE)) == (1, None)


async def test_danger_is_kept_for_its_own_time(store: Store) -> None:
    """A conversation is of that class for good once danger was raised in it, also after the case is closed."""
    await danger(store)
    await store.act(HERE, Closed(by=DANA, verdict="false_alarm"), NOON)
    assert await expire(store, ordinary=5, crisis=20) == NOTHING
    assert await expire(store, ordinary=20, crisis=5) == Expired(ordinary=0, crisis=1, turns=1)


async def test_nobody_who_waits_is_erased(store: Store) -> None:
    """Nor a conversation that a person owns, however old it is."""
    await danger(store)
    await danger(store, ELSEWHERE)
    await store.act(ELSEWHERE, Claimed(by=DANA), NOON)
    assert await expire(store, ordinary=1, crisis=1) == NOTHING
    assert len(await store.cases()) == 2


async def test_a_conversation_without_a_word_is_past_its_time_too(store: Store) -> None:
    """Its beginning counts."""
    await store.start(Conversation(id=HERE, started_at=NOON))
    assert await expire(store, ordinary=5, crisis=5) == Expired(ordinary=1, crisis=0, turns=0)
    assert await store.conversation(HERE) is None


async def test_many_are_erased_at_once(store: Store) -> None:
    """However many there are, none is left out and none is counted twice."""
    for n in range(130):
        await store.append(a_turn(conversation=f"c-{n}"))
    assert await expire(store, ordinary=1, crisis=1) == Expired(ordinary=130, crisis=0, turns=130)
    assert await expire(store, ordinary=1, crisis=1) == NOTHING
