"""What the store in memory does beside the contract of its ports."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import OwnerChanged, TakenByAnother
from bot.handoff import Action, Claimed, Cleared, Closed, Released, Requeued, Seen, TakenOver, Told, Transferred
from bot.handoff.ownership import UNANSWERED_AFTER
from bot.memory import FixedClock, MemoryStore, SystemClock
from bot.model import Conversation, ConversationId, Fact, Handoff, Happened, Kind, MessageId, Owner, PersonSaid, Verdict
from tests.conftest import DANA, NOON, SAM, a_turn

HERE = ConversationId("c-1")
EARLIER = NOON - timedelta(hours=1)


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


@pytest.mark.parametrize("urgent", [False, True])
async def test_a_conversation_in_which_somebody_waits_is_forgotten_last(*, urgent: bool) -> None:
    """Who waits for a person, or writes with one, outlives idle conversations, those in which danger is over too."""
    store = MemoryStore(max_conversations=2)
    await store.append(
        a_turn("1", "a"), Handoff(conversation_id=ConversationId("a"), kind=Kind.HUMAN, opened_at=NOON, urgent=False)
    )
    for conversation in ("b", "c"):
        here = ConversationId(conversation)
        handoff = Handoff(conversation_id=here, kind=Kind.CRISIS, opened_at=NOON, urgent=True) if urgent else None
        await store.append(a_turn("1", conversation), handoff)
        if urgent:
            await store.act(here, Closed(by=DANA), NOON)
    assert (await store.standing(ConversationId("a"))).owner is Owner.QUEUED
    assert await store.next_due() == NOON


async def test_a_conversation_in_which_a_person_writes_is_not_idle() -> None:
    """A reply of a responder counts as the visitor's words do."""
    store = MemoryStore(max_conversations=2)
    for conversation in ("a", "b"):
        await store.start(Conversation(id=ConversationId(conversation), started_at=NOON))
        await store.act(ConversationId(conversation), Claimed(by=DANA), NOON)
    await store.say(a_reply("a"))
    await store.append(a_turn("1", "c"))
    assert await store.conversation(ConversationId("b")) is None


def a_reply(conversation: str = "c-1") -> PersonSaid:
    """What a responder wrote."""
    return PersonSaid(
        conversation_id=ConversationId(conversation),
        message_id=MessageId("p-1"),
        at=EARLIER,
        responder=DANA.id,
        name=DANA.name,
        text="hello",
    )


async def test_times_never_go_back_within_a_conversation() -> None:
    """Where the clock was set back, facts and replies of people stand at the time of the entry before them."""
    store = MemoryStore()
    await store.append(a_turn())
    await store.act(HERE, Claimed(by=DANA), EARLIER)
    said = await store.say(a_reply())
    assert [each.at for each in await store.entries(HERE)] == [NOON, NOON, NOON]
    assert said.at == NOON


@pytest.mark.parametrize("action", [Requeued(by=DANA), Transferred(by=DANA, to=SAM)])
async def test_alerts_begin_by_the_clock_that_was_set_back(action: Action) -> None:
    """Whatever time the entries have, the team is told now."""
    store = MemoryStore()
    await store.append(a_turn())
    await store.act(HERE, Claimed(by=DANA), EARLIER)
    await store.act(HERE, action, EARLIER)
    assert await store.next_due() == EARLIER


async def test_a_turn_that_is_refused_leaves_nothing_behind() -> None:
    """A message for a person whose conversation was erased meanwhile does not bring the conversation back."""
    store = MemoryStore()
    with pytest.raises(OwnerChanged):
        await store.append(a_turn(kind=Kind.RELAYED))
    assert await store.conversation(HERE) is None


async def test_an_action_that_is_refused_changes_nothing() -> None:
    """Neither the standing, nor the alerts, nor the transcript, nor the audit trail."""
    store = MemoryStore()
    await store.append(a_turn())
    await store.act(HERE, Claimed(by=DANA), NOON)
    before = (await store.standing(HERE), await store.entries(HERE), await store.next_due(), await store.audited())
    for action in (Claimed(by=SAM), Closed(by=SAM), Released(by=SAM), Cleared(by=SAM)):
        with pytest.raises(TakenByAnother):
            await store.act(HERE, action, NOON)
    after = (await store.standing(HERE), await store.entries(HERE), await store.next_due(), await store.audited())
    assert after == before


async def test_what_is_told_stands_in_the_transcript_in_order() -> None:
    """Facts are numbered together with what was said."""
    store = MemoryStore()
    await store.append(a_turn(), Handoff(conversation_id=HERE, kind=Kind.HUMAN, opened_at=NOON, urgent=False))
    for action in (Told(), Seen(by=SAM), Claimed(by=DANA), Requeued(by=DANA)):
        await store.act(HERE, action, NOON)
    facts = [(each.n, each.what, each.name) for each in await store.entries(HERE, 1) if isinstance(each, Fact)]
    what = [Happened.SENT, Happened.SEEN, Happened.HERE, Happened.WAITING]
    assert facts == list(zip((2, 3, 4, 5), what, ("", "", "Dana", ""), strict=True))


@pytest.mark.parametrize("action", [Claimed(by=DANA), TakenOver(by=DANA)])
async def test_who_takes_a_conversation_and_vanishes_is_noticed(action: Action) -> None:
    """The claim ends the alerts for five minutes; a second one puts them off again; the first reply ends them."""
    store = MemoryStore()
    await store.append(a_turn(), Handoff(conversation_id=HERE, kind=Kind.CRISIS, opened_at=NOON, urgent=True))
    for at in (NOON, NOON + timedelta(minutes=4)):
        await store.act(HERE, action, at)
        assert await store.due(at + timedelta(minutes=4, seconds=59), NOON) == []
        assert await store.next_due() == at + UNANSWERED_AFTER
    await store.say(a_reply())
    assert await store.next_due() is None
    await store.act(HERE, action, NOON + timedelta(hours=1))
    assert await store.next_due() is None


async def a_case(store: MemoryStore, message_id: str, kind: Kind, verdict: Verdict | None = None) -> None:
    """Open a case by a message that comes a minute after all before, and close it where there is a verdict."""
    at = NOON + timedelta(minutes=len(await store.entries(HERE)))
    handoff = Handoff(
        conversation_id=HERE,
        kind=kind,
        opened_at=at,
        urgent=kind is Kind.CRISIS,
        message_ids=(MessageId(message_id),),
    )
    await store.append(replace(a_turn(message_id, kind=kind), visitor_text=message_id, at=at), handoff)
    if verdict is not None:
        await store.act(HERE, Seen(by=DANA), at)
        await store.act(HERE, Closed(by=DANA, verdict=verdict), at)


async def test_each_verdict_is_kept_with_the_messages_of_its_own_case() -> None:
    """A second case of a conversation neither takes the verdict of the first one away nor passes its own on to it."""
    store = MemoryStore()
    await a_case(store, "first", Kind.CRISIS, "real")
    await a_case(store, "second", Kind.CRISIS, "false_alarm")
    await a_case(store, "third", Kind.CRISIS)
    await store.act(HERE, Closed(by=DANA), NOON)
    assert [(each.text, each.verdict) for each in await store.lessons()] == [("first", "real"), ("second", "false_alarm")]


async def test_a_verdict_on_danger_is_not_about_a_wish_for_a_person() -> None:
    """Where danger was raised in a case, the verdict is about the messages that raised it."""
    store = MemoryStore()
    await a_case(store, "asked", Kind.HUMAN)
    await a_case(store, "danger", Kind.CRISIS, "false_alarm")
    assert [each.text for each in await store.lessons()] == ["danger"]


async def test_what_was_handed_back_is_not_part_of_the_next_case() -> None:
    """A release ends a case too."""
    store = MemoryStore()
    await a_case(store, "before", Kind.CRISIS)
    for action in (Claimed(by=DANA), Released(by=DANA)):
        await store.act(HERE, action, NOON)
    await a_case(store, "after", Kind.CRISIS, "test")
    assert [each.text for each in await store.lessons()] == ["after"]


def test_the_systems_clock_is_aware() -> None:
    """Times are in UTC and say so."""
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_fixed_clock_stands_until_it_is_set() -> None:
    """A test decides what time it is."""
    clock = FixedClock(NOON)
    assert clock.now() is NOON
    clock.at = NOON + timedelta(hours=1)
    assert clock.now() == NOON + timedelta(hours=1)
