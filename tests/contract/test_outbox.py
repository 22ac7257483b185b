"""What every store must do with alerts: one running ladder for each conversation that waits, in one commit with it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.handoff import Claimed, Closed, Released, Requeued
from bot.handoff.ownership import UNANSWERED_AFTER
from bot.model import Alert, Attempt, ConversationId, Handoff, Kind, MessageId, PersonSaid
from bot.ports import Store
from tests.conftest import DANA, NOON, a_turn
from tests.contract.stores import STORES

HERE, ELSEWHERE = ConversationId("c-1"), ConversationId("c-2")
MINUTE, LATER = timedelta(minutes=1), NOON + timedelta(hours=1)


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Each store in turn, empty."""
    async with STORES[request.param](tmp_path) as opened:
        yield opened


async def queue(store: Store, here: ConversationId = HERE, kind: Kind = Kind.CRISIS, message_id: str = "m-1") -> None:
    """Somebody says something that opens a case."""
    urgent = kind is Kind.CRISIS
    handoff = Handoff(conversation_id=here, kind=kind, opened_at=NOON, urgent=urgent, message_ids=(MessageId(message_id),))
    await store.append(a_turn(message_id, here, kind=kind), handoff)


async def due(store: Store) -> list[Alert]:
    """What is due an hour later, leased for a minute."""
    return await store.due(LATER, LATER + MINUTE)


def failed(alert: Alert) -> Attempt:
    """An attempt that reached nobody."""
    return Attempt(
        conversation_id=alert.conversation_id,
        at=NOON,
        step=alert.step,
        channel="1: json",
        outcome="failed",
        error="TimeoutError",
    )


async def test_a_handoff_is_alerted_at_once(store: Store) -> None:
    """The alert is there with the turn that opens the case; it says since when, why, and who owns the conversation."""
    await queue(store)
    assert await store.next_due() == NOON
    [alert] = await store.due(NOON, LATER)
    assert (alert.conversation_id, alert.step, alert.tries, alert.due_at, alert.started_at, alert.why) == (
        HERE,
        0,
        0,
        NOON,
        NOON,
        "opened",
    )
    assert alert.standing == await store.standing(HERE)


async def test_nothing_is_due_where_nobody_waits(store: Store) -> None:
    """A turn without a case starts no ladder."""
    await store.append(a_turn())
    assert (await store.next_due(), await due(store), await store.attempts(HERE)) == (None, [], [])


async def test_an_alert_is_not_due_before_its_time(store: Store) -> None:
    """Nobody is told early."""
    await queue(store)
    assert await store.due(NOON - timedelta(microseconds=1), LATER) == []


async def test_a_leased_alert_is_given_to_nobody_else(store: Store) -> None:
    """It is due again when the lease ends, in case its worker died."""
    await queue(store)
    [first] = await store.due(NOON, NOON + MINUTE)
    assert await store.due(NOON, NOON + MINUTE) == []
    [again] = await store.due(NOON + MINUTE, LATER)
    assert again.generation == first.generation


async def test_the_oldest_alerts_come_first_and_not_more_than_asked_for(store: Store) -> None:
    """A worker takes what waited longest."""
    for n, seconds in enumerate([5, 1, 3]):
        here = ConversationId(f"c-{n}")
        await queue(store, here)
        [alert] = await store.due(NOON, LATER)
        await store.tried(alert, [], step=0, tries=1, due_at=NOON + timedelta(seconds=seconds))
    found = await store.due(LATER, LATER + MINUTE, limit=2)
    assert [each.conversation_id for each in found] == ["c-1", "c-2"]


async def test_danger_is_told_first(store: Store) -> None:
    """Where more is due than can be sent at once, danger does not stand behind what is older."""
    await queue(store, ConversationId("c-1"), Kind.HUMAN)
    await queue(store, ConversationId("c-2"), Kind.CRISIS)
    [first] = await store.due(LATER, LATER + MINUTE, limit=1)
    assert first.conversation_id == "c-2"


async def test_a_ladder_goes_on_as_it_was_told(store: Store) -> None:
    """Step, tries and time of the next alert are what the worker said; attempts are kept in order."""
    await queue(store)
    [alert] = await store.due(NOON, NOON + MINUTE)
    attempts = [failed(alert), failed(alert)]
    await store.tried(alert, attempts, step=3, tries=2, due_at=NOON + 2 * MINUTE)
    assert await store.next_due() == NOON + 2 * MINUTE
    [then] = await due(store)
    assert (then.step, then.tries, then.started_at, then.generation) == (3, 2, NOON, alert.generation)
    assert await store.attempts(HERE) == attempts


async def test_a_close_stops_the_ladder(store: Store) -> None:
    """A worker that reports afterwards does not bring it back; what it tried is kept."""
    await queue(store)
    [alert] = await due(store)
    await store.act(HERE, Closed(by=DANA), NOON)
    await store.tried(alert, [failed(alert)], step=1, tries=0, due_at=NOON)
    assert (await store.next_due(), await due(store)) == (None, [])
    assert await store.attempts(HERE) == [failed(alert)]


async def test_a_ladder_that_was_begun_again_is_not_moved_by_an_old_alert(store: Store) -> None:
    """A worker that still had the alert of before must not put off the new one."""
    await queue(store)
    [old] = await due(store)
    await store.act(HERE, Claimed(by=DANA), NOON)
    await store.act(HERE, Requeued(by=DANA), NOON + MINUTE)
    await store.tried(old, [], step=5, tries=0, due_at=LATER + MINUTE)
    [new] = await due(store)
    assert (new.step, new.started_at) == (0, NOON + MINUTE)
    assert new.generation != old.generation


async def test_a_visitor_who_gets_no_answer_is_told_of_to_the_team(store: Store) -> None:
    """The ladder begins when a person who owns the conversation was silent for a while, and their reply stops it."""
    await queue(store)
    await store.act(HERE, Claimed(by=DANA), NOON)
    for n in (2, 3):
        await store.append(a_turn(f"m-{n}", kind=Kind.RELAYED))
    assert await store.next_due() == NOON + UNANSWERED_AFTER
    said = PersonSaid(
        conversation_id=HERE, message_id=MessageId("p-1"), at=NOON, responder=DANA.id, name=DANA.name, text="hello"
    )
    await store.say(said)
    assert await store.next_due() is None


async def test_danger_while_a_person_owns_it_is_alerted_at_once(store: Store) -> None:
    """It does not wait for what began before."""
    await queue(store, kind=Kind.HUMAN)
    await store.act(HERE, Claimed(by=DANA), NOON)
    await store.append(a_turn("m-2", kind=Kind.RELAYED))
    await queue(store, message_id="m-3")
    [alert] = await due(store)
    assert (alert.due_at, alert.why) == (NOON, "raised")


async def test_one_conversation_has_one_ladder(store: Store) -> None:
    """A graver message begins it anew, another of the same kind does not."""
    for n, kind in enumerate([Kind.HUMAN, Kind.HUMAN, Kind.CRISIS], start=1):
        await queue(store, kind=kind, message_id=f"m-{n}")
    [alert] = await due(store)
    assert alert.why == "raised"


async def test_what_is_erased_alerts_nobody(store: Store) -> None:
    """Ladder and attempts go with the conversation, also when a worker reports afterwards; others stay."""
    await queue(store)
    await queue(store, ELSEWHERE)
    alerts = await due(store)
    await store.erase(HERE, NOON)
    for alert in alerts:
        await store.tried(alert, [failed(alert)], step=0, tries=1, due_at=NOON)
    assert [each.conversation_id for each in await due(store)] == [ELSEWHERE]
    assert (await store.attempts(HERE), len(await store.attempts(ELSEWHERE))) == ([], 1)


async def test_a_case_that_was_given_back_can_be_opened_again(store: Store) -> None:
    """The next call for help starts a ladder of its own."""
    await queue(store)
    await store.act(HERE, Claimed(by=DANA), NOON)
    await store.act(HERE, Released(by=DANA), NOON)
    assert await store.next_due() is None
    await queue(store, message_id="m-2")
    assert await store.next_due() == NOON
