"""What happens to a message while people act, the clock is set, or the store is away: each was a fault once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.assembly import Core
from bot.conversation import Conversations
from bot.errors import NotReactedTo, StoreUnavailable
from bot.handoff import Action, Claimed, Cleared, Closed, Released
from bot.handoff.latch import latch_of
from bot.memory import FixedClock, MemoryStore
from bot.model import Conversation, ConversationId, Handoff, Kind, MessageId, Owner, Turn
from tests.conftest import DANA, NOON, a_message, conversations_of

HERE = ConversationId("c-1")
NEW = MessageId("new")
HOUR = timedelta(hours=1)


class Interrupted(MemoryStore):
    """A store in which something happens between the reading and the recording of the next turn."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def append(self, turn: Turn, handoff: Handoff | None = None) -> Turn:
        """Let it happen, then record."""
        if (meanwhile := self.meanwhile) is not None:
            self.meanwhile = None
            await meanwhile()
        return await super().append(turn, handoff)


class Away(MemoryStore):
    """A store that can be read, and not be written to."""

    async def append(self, turn: Turn, handoff: Handoff | None = None) -> Turn:
        """Fail."""
        raise StoreUnavailable(f"{turn.kind} {handoff}")


@pytest.fixture
def store() -> Interrupted:
    """An empty store, with room for a race."""
    return Interrupted()


@pytest.fixture
def library(small_core: Core, store: Interrupted, clock: FixedClock) -> Conversations:
    """The path of a message on the small pack."""
    return conversations_of(small_core, store, clock)


async def during(library: Conversations, store: Interrupted, clock: FixedClock, text: str, action: Action) -> Turn:
    """Handle a message, with an action that comes after the decision and before the record."""

    async def act() -> None:
        await store.act(HERE, action, clock.now())

    store.meanwhile = act
    return await library.handle(a_message(text))


@pytest.mark.parametrize("text", ["late fees", "can i talk to a person", "should i stop my medication", "thanks"])
async def test_a_reply_that_was_decided_before_a_claim_is_not_given(
    library: Conversations, store: Interrupted, clock: FixedClock, text: str
) -> None:
    """The message goes to the person in its place."""
    await library.handle(a_message("can i talk to a person"))
    turn = await during(library, store, clock, text, Claimed(by=DANA))
    assert (turn.kind, turn.reply.text) == (Kind.RELAYED, "")
    assert (await store.of(HERE))[-1] == turn


async def test_an_answer_below_a_card_is_not_given_after_a_claim(
    library: Conversations, store: Interrupted, clock: FixedClock
) -> None:
    """The card of distress is shown, since it is about safety; the answer below it was decided before the claim."""
    await library.handle(a_message("can i talk to a person"))
    text = "i can't cope, how much are late fees"
    assert (await library.handle(a_message(text))).answer_ids == ("fines",)
    turn = await during(library, store, clock, text, Claimed(by=DANA))
    assert (turn.kind, turn.answer_ids) == (Kind.DISTRESS, ())


@pytest.mark.parametrize("action", [Cleared(by=DANA), Released(by=DANA, clear=True), Closed(by=DANA, verdict="test")])
async def test_danger_that_crosses_a_clearing_stays_latched(
    library: Conversations, store: Interrupted, clock: FixedClock, action: Action
) -> None:
    """A responder who clears what came before has not read what comes at the same moment."""
    await library.handle(a_message("my husband hits me"))
    await store.act(HERE, Claimed(by=DANA), clock.now())
    clock.at += timedelta(seconds=1)
    await during(library, store, clock, "i want to kill myself", action)
    record = await store.record(HERE, NEW)
    assert [latch.variant for latch in latch_of(record)] == [""]
    assert await store.next_due() is not None


@pytest.mark.parametrize("end", [Closed(by=DANA, verdict="real"), Released(by=DANA, clear=True)])
async def test_a_case_is_not_ended_over_danger_that_was_just_raised(
    library: Conversations, store: Interrupted, clock: FixedClock, end: Action
) -> None:
    """The click that ends the case, and the alerts with it, was meant for what the responder saw."""
    await library.handle(a_message("can i talk to a person"))
    await store.act(HERE, Claimed(by=DANA), clock.now())
    await library.handle(a_message("i want to kill myself"))
    with pytest.raises(NotReactedTo):
        await store.act(HERE, end, clock.now())
    assert await store.next_due() == NOON


async def test_who_answers_reads_what_was_edited(library: Conversations, store: Interrupted, clock: FixedClock) -> None:
    """While a person owns the conversation an edit is passed on to them; without a change nothing is."""
    await library.handle(a_message("can i talk to a person"))
    await store.act(HERE, Claimed(by=DANA), clock.now())
    first = await library.handle(a_message("I live in Leeds", message_id="m"))
    same = replace(a_message("I live in Leeds"), edit_of=MessageId("m"))
    edit = replace(a_message("I live in York"), edit_of=MessageId("m"))
    assert await library.handle(same) == first
    turn = await library.handle(edit)
    assert (turn.kind, turn.visitor_text) == (Kind.RELAYED, "I live in York")
    assert await library.handle(edit) == turn


async def test_what_did_not_reach_the_person_is_said_to_have_failed(small_core: Core, clock: FixedClock) -> None:
    """A message for Dana that could not be recorded does not get a card of the bot's in her place."""
    store = Away()
    await store.start(Conversation(id=HERE, started_at=NOON))
    await store.act(HERE, Claimed(by=DANA), NOON)
    turn = await conversations_of(small_core, store, clock).handle(a_message("should i stop my medication"))
    assert turn.reply.text.startswith("Something went wrong on our side.")


async def test_a_clearing_counts_although_the_clock_was_set_back(
    library: Conversations, store: Interrupted, clock: FixedClock
) -> None:
    """Danger was raised at noon; a responder clears it when the clock says eleven."""
    await library.handle(a_message("i want to kill myself"))
    clock.at = NOON - HOUR
    await store.act(HERE, Cleared(by=DANA), clock.now())
    assert not (await library.handle(a_message("late fees"))).latched


async def test_danger_is_alerted_at_once_although_the_clock_was_set_back(
    library: Conversations, store: Interrupted, clock: FixedClock
) -> None:
    """The turn stands after the one before it; the team is told now, not in an hour."""
    await library.handle(a_message("late fees"))
    clock.at = NOON - HOUR
    turn = await library.handle(a_message("i want to kill myself"))
    assert turn.at == NOON
    assert [alert.step for alert in await store.due(clock.now(), NOON)] == [0]


async def test_a_message_waits_no_longer_for_a_store_that_hangs_than_it_must(
    small_core: Core, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Danger behind messages that hang gets its card in time, and the conversation goes on when the store is back."""
    monkeypatch.setattr("bot.conversation.STORE_S", 0.05)
    store, hangs = Interrupted(), asyncio.Event()
    store.meanwhile = hangs.wait
    library = conversations_of(small_core, store, clock)
    async with asyncio.timeout(5):
        stuck, danger = await asyncio.gather(
            library.handle(a_message("late fees")), library.handle(a_message("i want to kill myself"))
        )
    assert (stuck.n, danger.kind) == (0, Kind.CRISIS)
    assert (await store.standing(HERE)).owner is Owner.QUEUED


async def test_a_message_that_is_cancelled_leaves_the_way_free(library: Conversations, store: Interrupted) -> None:
    """One that is given up while it is recorded, and one that waits behind it, hold up nobody."""
    reached, hangs = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        reached.set()
        await hangs.wait()

    store.meanwhile = hang
    tasks = [asyncio.create_task(library.handle(a_message("late fees"))) for _ in range(2)]
    async with asyncio.timeout(5):
        await reached.wait()
        for task in tasks:
            task.cancel()
        assert all(isinstance(each, asyncio.CancelledError) for each in await asyncio.gather(*tasks, return_exceptions=True))
        assert (await library.handle(a_message("late fees"))).n == 1
