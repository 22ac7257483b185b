"""How long conversations are kept."""

import asyncio
from datetime import timedelta

import pytest

from bot.errors import StoreUnavailable
from bot.handoff import Closed
from bot.memory import FixedClock, MemoryStore
from bot.model import ConversationId, Handoff, Kind
from bot.retention import Retention, expire, keep_expiring
from bot.staff import Expired
from tests.conftest import DANA, NOON, a_turn

KEPT = Retention(days=30, crisis_days=180)


async def two_conversations(store: MemoryStore) -> None:
    """An ordinary one, and one in which danger was raised and that a responder has closed."""
    await store.append(a_turn(conversation="ordinary"))
    danger = Handoff(conversation_id=ConversationId("danger"), kind=Kind.CRISIS, opened_at=NOON, urgent=True)
    await store.append(a_turn(conversation="danger", kind=Kind.CRISIS), danger)
    await store.act(ConversationId("danger"), Closed(by=DANA, verdict="real"), NOON)


@pytest.mark.parametrize(
    ("days", "expired"),
    [
        (30, Expired(ordinary=0, crisis=0, turns=0)),
        (31, Expired(ordinary=1, crisis=0, turns=1)),
        (181, Expired(ordinary=1, crisis=1, turns=2)),
    ],
)
async def test_each_class_has_its_own_days(store: MemoryStore, clock: FixedClock, days: int, expired: Expired) -> None:
    """A conversation goes when its last entry is older than its class allows, and a dry run says so beforehand."""
    await two_conversations(store)
    clock.at = NOON + timedelta(days=days)
    foretold = await expire(store, clock, KEPT, dry_run=True)
    assert await store.conversation(ConversationId("ordinary"))

    assert foretold == await expire(store, clock, KEPT) == expired
    assert (await store.receipt(ConversationId("ordinary")) is not None) == bool(expired.ordinary)


async def test_who_waits_for_a_person_is_not_expired(store: MemoryStore, clock: FixedClock) -> None:
    """A call for help that nobody has answered stays, however old it is."""
    danger = Handoff(conversation_id=ConversationId("c-1"), kind=Kind.CRISIS, opened_at=NOON, urgent=True)
    await store.append(a_turn(kind=Kind.CRISIS), danger)
    clock.at = NOON + timedelta(days=1_000)
    assert await expire(store, clock, KEPT) == Expired(ordinary=0, crisis=0, turns=0)


class Away(MemoryStore):
    """A store that is away."""

    tries = 0

    async def expire(self, **_given: object) -> Expired:
        """Fail."""
        self.tries += 1
        raise StoreUnavailable


async def test_the_job_outlives_a_store_that_is_away(clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """It tries again the next time, and ends when it is told to."""
    monkeypatch.setattr("bot.retention.EVERY_S", 0.0)
    store = Away()
    job = asyncio.create_task(keep_expiring(store, clock, KEPT))
    async with asyncio.timeout(5):
        while store.tries < 3:  # noqa: ASYNC110 - the job tells nobody
            await asyncio.sleep(0)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
