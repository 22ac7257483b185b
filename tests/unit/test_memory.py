"""What the store in memory does beside the contract of its ports."""

from datetime import timedelta

from bot.memory import FixedClock, MemoryStore, SystemClock
from bot.model import ConversationId, Handoff, Kind
from tests.conftest import NOON, a_turn


async def test_the_conversation_idle_longest_goes_first() -> None:
    """A full store forgets the conversation that was silent longest."""
    store = MemoryStore(max_conversations=2)
    for conversation, message in [("a", "1"), ("b", "1"), ("a", "2"), ("c", "1")]:
        await store.append(a_turn(message, conversation))
    assert await store.of(ConversationId("b")) == []
    assert len(await store.of(ConversationId("a"))) == 2


async def test_what_goes_takes_its_handoffs_along() -> None:
    """Nothing of a forgotten conversation is left."""
    store = MemoryStore(max_conversations=1)
    handoff = Handoff(conversation_id=ConversationId("a"), kind=Kind.HUMAN, opened_at=NOON, urgent=False)
    await store.append(a_turn("1", "a"), handoff)
    await store.append(a_turn("1", "b"))
    assert await store.opened(ConversationId("a")) == []


async def test_a_conversation_in_danger_is_forgotten_last() -> None:
    """A latched conversation outlives idle ones without danger: its latch must hold."""
    store = MemoryStore(max_conversations=2)
    handoff = Handoff(conversation_id=ConversationId("a"), kind=Kind.CRISIS, opened_at=NOON, urgent=True)
    await store.append(a_turn("1", "a", kind=Kind.CRISIS), handoff)
    for conversation in ("b", "c"):
        await store.append(a_turn("1", conversation))
    assert len(await store.of(ConversationId("a"))) == 1


def test_the_systems_clock_is_aware() -> None:
    """Times are in UTC and say so."""
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_fixed_clock_stands_until_it_is_set() -> None:
    """A test decides what time it is."""
    clock = FixedClock(NOON)
    assert clock.now() is NOON
    clock.at = NOON + timedelta(hours=1)
    assert clock.now() == NOON + timedelta(hours=1)
