"""The path of one message, with each part failing in turn."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from bot.assembly import Core
from bot.conversation import Conversations, Site, _says_as_much
from bot.decisions import kind_of
from bot.errors import StoreUnavailable
from bot.handoff import Claimed, Cleared
from bot.memory import FixedClock, FixedTeam, MemoryStore
from bot.model import (
    Abstained,
    Conversation,
    ConversationId,
    Handoff,
    Kind,
    MessageId,
    Record,
    Relayed,
    Route,
    Said,
    Severity,
    Turn,
)
from bot.triage import Judgement, Triage
from tests.conftest import DANA, NOON, a_message, a_turn, conversations_of

HERE = ConversationId("c-1")


@pytest.fixture
def library(small_core: Core, store: MemoryStore, clock: FixedClock) -> Conversations:
    """The path of a message on the small pack."""
    return conversations_of(small_core, store, clock)


class NoReading(MemoryStore):
    """A store that cannot be read."""

    async def record(self, conversation_id: ConversationId, message_id: MessageId) -> Record:
        """Fail."""
        raise StoreUnavailable(f"{conversation_id} {message_id}")


class NoWriting(MemoryStore):
    """A store whose disk is full."""

    async def append(self, turn: Turn, handoff: Handoff | None = None) -> Turn:
        """Fail."""
        raise StoreUnavailable(f"{turn.message_id} {handoff}")


async def owned_by_a_person() -> MemoryStore:
    """A store in which a responder has claimed the conversation."""
    store = MemoryStore()
    await store.start(Conversation(id=HERE, started_at=NOON))
    await store.act(HERE, Claimed(by=DANA), NOON)
    return store


class BrokenTriage:
    """Triage that fails."""

    def route(self, text: str, recent: Sequence[str] = ()) -> Route:
        """Fail."""
        raise RuntimeError(f"{text} {recent}")


def with_triage(core: Core, triage: object) -> Conversations:
    """The path of a message with another triage."""
    store = MemoryStore()
    return Conversations(
        book=core.book,
        searcher=core.searcher,
        triage=cast("Triage", triage),
        transcript=store,
        clock=FixedClock(NOON),
        team=FixedTeam(),
    )


async def test_a_question_gets_its_answer(library: Conversations, store: MemoryStore) -> None:
    """A question on the pack is answered, and the turn is on record before it is returned."""
    turn = await library.handle(a_message("late fees"))
    assert (turn.kind, turn.answer_ids, turn.handoff, turn.n) == (Kind.ANSWER, ("fines",), None, 1)
    assert await store.of(HERE) == [turn]


async def test_the_same_message_again_gives_the_first_turn(library: Conversations, store: MemoryStore) -> None:
    """A message that is delivered twice is answered once, even when its text changed."""
    first = await library.handle(a_message("late fees", message_id="m"))
    assert await library.handle(a_message("opening times", message_id="m")) == first
    assert len(await store.of(HERE)) == 1


@pytest.mark.parametrize(
    ("text", "kind", "urgent"),
    [
        ("i want to kill myself", Kind.CRISIS, True),
        ("i can't breathe", Kind.EMERGENCY, True),
        ("can i talk to a person", Kind.HUMAN, False),
        ("should i stop my medication", Kind.MEDICAL_ADVICE, False),
    ],
)
async def test_what_needs_a_person_opens_a_handoff(
    library: Conversations, store: MemoryStore, text: str, kind: Kind, *, urgent: bool
) -> None:
    """The case is on record with its kind, its urgency and its message."""
    turn = await library.handle(a_message(text))
    [handoff] = await store.opened(HERE)
    assert (turn.kind, turn.handoff) == (kind, "opened")
    assert (handoff.kind, handoff.urgent, handoff.message_ids) == (kind, urgent, (turn.message_id,))


async def test_danger_latches_and_a_responder_clears_it(
    library: Conversations, store: MemoryStore, clock: FixedClock
) -> None:
    """An answer after danger stands below the numbers, until somebody clears it."""
    await library.handle(a_message("i want to kill myself"))
    below = await library.handle(a_message("late fees"))
    clock.at = NOON + timedelta(minutes=1)
    await store.act(HERE, Cleared(by=DANA), clock.now())
    after = await library.handle(a_message("late fees"))
    assert (below.latched, after.latched) == (True, False)
    assert below.reply.text.index("116 123") < below.reply.text.index("A late item")
    assert after.reply.text.startswith("A late item")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("my husband hits me", {"999", "116 123", "0808 2000"}),
        ("i can't breathe", {"999", "111", "116 123"}),
        ("i want to kill myself", {"999", "116 123"}),
    ],
)
@pytest.mark.parametrize("later", ["late fees", "thanks", "i can't cope", "can i talk to a person"])
async def test_the_numbers_of_a_card_stay_while_it_latches(
    library: Conversations, text: str, numbers: set[str], later: str
) -> None:
    """The line about abuse, or the one about poison, does not go with the next message, nor with the one after."""
    await library.handle(a_message(text))
    for _ in range(2):
        turn = await library.handle(a_message(later))
        assert numbers <= {line.call for line in turn.reply.help}
        assert all(number in turn.reply.text for number in numbers)


async def test_the_numbers_of_an_earlier_card_stay_below_a_later_one(library: Conversations) -> None:
    """Somebody who was hit and then wants to die still has the line about abuse, until the latch is cleared."""
    await library.handle(a_message("my husband hits me"))
    for text in ("i want to kill myself", "thanks"):
        turn = await library.handle(a_message(text))
        assert {"116 123", "0808 2000"} <= {line.call for line in turn.reply.help}


async def test_what_a_responder_cleared_takes_its_numbers_along(
    library: Conversations, store: MemoryStore, clock: FixedClock
) -> None:
    """After the latch was cleared, a new one shows only what it is about."""
    await library.handle(a_message("my husband hits me"))
    await store.act(HERE, Cleared(by=DANA), clock.now())
    turn = await library.handle(a_message("i want to kill myself"))
    assert "0808 2000" not in turn.reply.text


async def an_edit(library: Conversations, before: str, after: str) -> tuple[Turn, Turn]:
    """Say something and then say that it meant something else; return both turns."""
    first = await library.handle(a_message(before, message_id="m"))
    edit = replace(a_message(after), edit_of=MessageId("m"))
    return first, await library.handle(edit)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("i want to kill myself", Kind.CRISIS),
        ("i can't breathe", Kind.EMERGENCY),
        ("i can't cope", Kind.DISTRESS),
    ],
)
async def test_an_edit_that_is_danger_is_a_new_turn(
    library: Conversations, store: MemoryStore, text: str, kind: Kind
) -> None:
    """Danger that is written over a harmless message is seen, recorded and, where it is urgent, a case."""
    first, turn = await an_edit(library, "late fees", text)
    assert (turn.kind, turn.n, turn.visitor_text) == (kind, 2, text)
    assert await store.of(HERE) == [first, turn]
    assert [each.message_ids for each in await store.opened(HERE)] == [(turn.message_id,)] * (turn.handoff == "opened")


@pytest.mark.parametrize("before", ["late fees", "i want to kill myself", "can i talk to a person"])
@pytest.mark.parametrize("after", ["opening times", "can i talk to a person", "", "jk"])
async def test_any_other_edit_gives_the_first_turn_again(
    library: Conversations, store: MemoryStore, before: str, after: str
) -> None:
    """An edit can only raise: danger that is written over stays, and a question is not answered twice."""
    first, turn = await an_edit(library, before, after)
    assert turn == first
    assert await store.of(HERE) == [first]


async def test_an_edit_that_changes_nothing_raises_nothing_twice(library: Conversations, store: MemoryStore) -> None:
    """A channel that tells of an edit when it only shows a link below does not repeat the alarm."""
    first, turn = await an_edit(library, "i want to kill myself", "i want to kill myself")
    assert turn == first
    assert len(await store.opened(HERE)) == 1


async def test_an_edit_that_is_delivered_twice_is_one_turn(library: Conversations, store: MemoryStore) -> None:
    """An edit has an id of its own, by which it is known."""
    await library.handle(a_message("late fees", message_id="m"))
    edit = replace(a_message("i want to kill myself"), edit_of=MessageId("m"))
    assert await library.handle(edit) == await library.handle(edit)
    assert len(await store.of(HERE)) == 2


async def test_an_edit_of_a_message_that_is_not_on_record_is_a_message(library: Conversations) -> None:
    """What was never answered is answered now."""
    turn = await library.handle(replace(a_message("late fees"), edit_of=MessageId("m-unknown")))
    assert (turn.kind, turn.n) == (Kind.ANSWER, 1)


async def test_an_edit_is_not_read_together_with_what_it_replaces(library: Conversations) -> None:
    """Two wordings of one message are not two messages that make a sentence between them."""
    first, turn = await an_edit(library, "i want", "to kill myself")
    assert turn == first


async def test_danger_in_an_edit_needs_no_store(small_core: Core, clock: FixedClock) -> None:
    """When nothing can be read, an edit that is danger gets its card all the same."""
    edit = replace(a_message("i want to kill myself"), edit_of=MessageId("m"))
    turn = await conversations_of(small_core, NoReading(), clock).handle(edit)
    assert turn.kind is Kind.CRISIS


async def test_a_person_who_replies_is_not_talked_over_by_a_failure(
    small_core: Core, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a person owns the conversation, a broken search is not the visitor's concern: the message is relayed."""
    store = await owned_by_a_person()
    library = conversations_of(small_core, store, clock)
    monkeypatch.setattr(library, "_searcher", None)
    turn = await library.handle(a_message("late fees"))
    assert (turn.kind, turn.reply.text) == (Kind.RELAYED, "")
    assert await store.of(HERE) == [turn]


async def test_an_alarm_repeated_is_worded_anew(library: Conversations) -> None:
    """Somebody who says it again does not get the same card again, and still gets the numbers."""
    first, second = [await library.handle(a_message("i want to kill myself")) for _ in range(2)]
    assert second.reply.text != first.reply.text
    assert "116 123" in second.reply.text


@pytest.mark.parametrize("number", ["1", " 1. ", "1)", "#1"])
async def test_a_choice_is_taken_by_its_number(library: Conversations, number: str) -> None:
    """The number of a choice means its question."""
    await library.handle(a_message("how long can i keep a book"))
    assert (await library.handle(a_message(number))).answer_ids == ("renewals",)


async def test_a_choice_is_taken_by_its_label(library: Conversations) -> None:
    """A button sends its label, which is a question like any other."""
    turn = await library.handle(a_message("how long can i keep a book"))
    chosen = await library.handle(a_message(turn.reply.choices[1].label))
    assert chosen.answer_ids == (turn.reply.choices[1].id,)


@pytest.mark.parametrize("number", ["0", "9", "-1", "1.5", "\u00b2", "\u2468"])
async def test_a_number_that_is_no_choice_is_only_text(library: Conversations, number: str) -> None:
    """What is not on the list picks nothing, and digits that are no numbers do not break anything."""
    await library.handle(a_message("how long can i keep a book"))
    turn = await library.handle(a_message(number))
    assert turn.reply.text
    assert turn.answer_ids == ()


async def test_what_was_typed_is_recorded_and_not_what_was_read(library: Conversations, store: MemoryStore) -> None:
    """The transcript holds the visitor's own words, a picked number too."""
    await library.handle(a_message("how long can i keep a book"))
    await library.handle(a_message("1"))
    assert (await store.of(HERE))[-1].visitor_text == "1"


@pytest.mark.parametrize("broken", [NoReading, NoWriting])
async def test_danger_needs_no_store(small_core: Core, clock: FixedClock, broken: type[MemoryStore]) -> None:
    """When nothing can be recorded, the crisis reply is served all the same."""
    library = conversations_of(small_core, broken(), clock)
    turn = await library.handle(a_message("i want to kill myself"))
    assert (turn.kind, turn.latched) == (Kind.CRISIS, True)
    assert "116 123" in turn.reply.text


@pytest.mark.parametrize("broken", [NoReading, NoWriting])
async def test_a_failure_is_told_with_the_numbers(small_core: Core, clock: FixedClock, broken: type[MemoryStore]) -> None:
    """A question that cannot be recorded gets the truth, a way to help, and no claim that it was passed on."""
    library = conversations_of(small_core, broken(), clock)
    turn = await library.handle(a_message("late fees"))
    assert turn.reply.text.startswith("Something went wrong on our side.")
    assert "116 123" in turn.reply.text
    assert turn.handoff == "offered"


@pytest.mark.parametrize("text", ["can i talk to a person", "i want to kill myself", "should i stop my medication"])
async def test_what_was_not_recorded_is_not_said_to_be_passed_on(small_core: Core, clock: FixedClock, text: str) -> None:
    """The bot does not say that it noted or marked something that no store holds."""
    turn = await conversations_of(small_core, NoWriting(), clock).handle(a_message(text))
    assert "I have noted" not in turn.reply.text
    assert "I have marked" not in turn.reply.text


async def test_when_triage_fails_the_numbers_are_shown(small_core: Core) -> None:
    """Whatever breaks, help and a person are within reach."""
    turn = await with_triage(small_core, BrokenTriage()).handle(a_message("late fees"))
    assert turn.kind is Kind.DISTRESS
    assert "116 123" in turn.reply.text


async def test_when_the_search_fails_the_numbers_are_shown(
    small_core: Core, store: MemoryStore, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken index costs the answer, not the conversation."""
    library = conversations_of(small_core, store, clock)

    def fail(_text: str, _earlier: Sequence[str] = ()) -> None:
        raise RuntimeError

    monkeypatch.setattr(library, "_searcher", type("Broken", (), {"search": staticmethod(fail)})())
    turn = await library.handle(a_message("late fees"))
    assert "116 123" in turn.reply.text


async def test_while_a_person_replies_the_bot_is_silent(small_core: Core, clock: FixedClock) -> None:
    """A relayed message is recorded and gets no words."""
    library = conversations_of(small_core, await owned_by_a_person(), clock)
    turn = await library.handle(a_message("late fees"))
    assert (turn.kind, turn.reply.text, turn.handoff) == (Kind.RELAYED, "", None)


async def test_danger_is_raised_while_a_person_replies(small_core: Core, clock: FixedClock) -> None:
    """A person's ownership does not switch triage off."""
    turn = await conversations_of(small_core, await owned_by_a_person(), clock).handle(a_message("i want to kill myself"))
    assert turn.kind is Kind.CRISIS
    assert "116 123" in turn.reply.text


async def test_a_new_conversation_starts_at_one_and_knows_nothing(library: Conversations) -> None:
    """Conversations do not see each other."""
    await library.handle(a_message("i want to kill myself", "a"))
    turn = await library.handle(a_message("late fees", "b"))
    assert (turn.n, turn.latched) == (1, False)


async def test_no_log_line_holds_what_was_typed(
    library: Conversations, small_core: Core, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A marked message goes down every path, and its mark is in no line."""
    caplog.set_level(logging.DEBUG)
    texts = ["", "late fees", "i want to kill myself", "can i talk to a person", "hello", "1", "who reigns in spain"]
    for text in texts:
        await library.handle(a_message(f"{text} markedword"))
        await conversations_of(small_core, NoWriting(), clock).handle(a_message(f"{text} markedword"))
    await with_triage(small_core, BrokenTriage()).handle(a_message("markedword"))
    assert caplog.records
    assert not any("markedword" in str(vars(record)) for record in caplog.records)


async def test_the_sites_country_and_contact_are_used(small_core: Core, store: MemoryStore, clock: FixedClock) -> None:
    """An operator's country and address reach the reply."""
    library = Conversations(
        book=small_core.book,
        searcher=small_core.searcher,
        triage=small_core.triage,
        transcript=store,
        clock=clock,
        team=FixedTeam(),
        site=Site(country="US", contact="desk@example.org"),
    )
    text = (await library.handle(a_message("can i talk to a person"))).reply.text
    assert "988" in text
    assert "desk@example.org" in text


def test_each_decision_has_its_word() -> None:
    """A decision's kind is the word used everywhere."""
    assert kind_of(Relayed()) is Kind.RELAYED
    assert kind_of(Abstained(on_subject=True, score=0.0)) is Kind.ABSTAIN


async def test_why_is_told_as_the_message_is_handled(library: Conversations, store: MemoryStore) -> None:
    """The explanation is of the same decision, and records nothing."""
    await library.handle(a_message("late fees"))
    judged = await library.explain(a_message("i want to kill myself"))
    assert (judged.route.kind, judged.layer) == (Kind.CRISIS, "rule")
    assert (await library.explain(a_message("opening times"))).route.kind is None
    assert len(await store.of(HERE)) == 1


async def test_why_reads_the_turns_before_as_triage_does(store: MemoryStore, clock: FixedClock, small_core: Core) -> None:
    """Turns that raised no danger are read together with the message; a message that raises something stands alone."""
    read: list[int] = []

    class Listening:
        def route(self, text: str, recent: Sequence[Said] = ()) -> Route:
            return self.explain(text, recent).route

        def explain(self, text: str, recent: Sequence[Said] = ()) -> Judgement:
            read.append(len(recent))
            return Judgement(route=Route(kind=Kind.CRISIS if "die" in text else None), layer="")

    core = replace(small_core, triage=cast("Triage", Listening()))
    library = conversations_of(core, store, clock)
    await library.handle(a_message("late fees"))
    read.clear()
    await library.explain(a_message("and now"))
    await library.explain(a_message("i want to die"))
    assert read == [0, 1, 0]


@pytest.mark.parametrize(
    ("first", "second", "again"), [("moderate", "imminent", False), ("high", "high", True), ("high", "moderate", True)]
)
def test_a_graver_danger_is_worded_in_full(first: Severity, second: Severity, *, again: bool) -> None:
    """The short reminder stands only for a card that has said as much."""
    turn = replace(a_turn(), kind=Kind.CRISIS, severity=first)
    assert _says_as_much(turn, Route(kind=Kind.CRISIS, severity=second)) is again
    assert not _says_as_much(turn, Route(kind=Kind.CRISIS, severity=second, variant="abuse"))
