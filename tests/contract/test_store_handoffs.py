"""What every store must do with who owns a conversation, and with what people say in it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import ConversationUnknown, NothingWaits, NotYours, OwnerChanged, TakenByAnother
from bot.handoff import Claimed, Cleared, Closed, Released, Requeued, Seen, TakenOver, Told
from bot.model import (
    Case,
    Channel,
    Conversation,
    ConversationId,
    Fact,
    Handoff,
    Happened,
    Kind,
    MessageId,
    Owner,
    PersonSaid,
    Record,
    Responder,
    Severity,
    Standing,
    Turn,
)
from bot.ports import Store
from tests.conftest import DANA, NOON, SAM, a_turn
from tests.contract.stores import STORES

HERE, ELSEWHERE = ConversationId("c-1"), ConversationId("c-2")
MINUTE = timedelta(minutes=1)
ASKED = Conversation(
    id=HERE, token_hash=b"\x00\xff" * 16, locale="de-AT", country="AT", channel=Channel.SLACK, started_at=NOON - MINUTE
)


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Each store in turn, empty."""
    async with STORES[request.param](tmp_path) as opened:
        yield opened


async def queue(
    store: Store, here: ConversationId = HERE, message_id: str = "m-1", severity: Severity | None = "high", after: int = 0
) -> Handoff:
    """Somebody is in danger, some minutes after noon."""
    at = NOON + after * MINUTE
    handoff = Handoff(
        conversation_id=here,
        kind=Kind.CRISIS,
        opened_at=at,
        urgent=True,
        severity=severity,
        about="other",
        message_ids=(MessageId(message_id),),
    )
    await store.append(replace(a_turn(message_id, here, kind=Kind.CRISIS), at=at), handoff)
    return handoff


def a_reply(message_id: str = "p-1", by: Responder = DANA) -> PersonSaid:
    """What a responder writes."""
    return PersonSaid(
        conversation_id=HERE,
        message_id=MessageId(message_id),
        at=NOON + MINUTE,
        responder=by.id,
        name=by.name,
        text="\x00 \u202e \U0001f642 \u0441\u0430\u043c",
    )


async def test_a_conversation_is_known_as_it_was_started(store: Store) -> None:
    """To the last field; starting it again changes nothing, and before that there is none."""
    assert await store.conversation(HERE) is None
    await store.start(ASKED)
    await store.start(replace(ASKED, locale="fr", token_hash=b""))
    assert await store.conversation(HERE) == ASKED
    assert await store.of(HERE) == []


async def test_a_turn_starts_a_conversation_that_was_not_started(store: Store) -> None:
    """It begins when its first turn did."""
    turn = a_turn()
    await store.append(turn)
    assert await store.conversation(HERE) == Conversation(id=HERE, started_at=turn.at)


async def test_a_turn_that_is_refused_starts_no_conversation(store: Store) -> None:
    """Nothing of it is recorded."""
    with pytest.raises(OwnerChanged):
        await store.append(a_turn(kind=Kind.RELAYED))
    assert await store.conversation(HERE) is None


async def test_the_store_numbers_what_is_said(store: Store) -> None:
    """Turns, replies and facts of a conversation are counted together, whatever number comes in."""
    await queue(store)
    await store.act(HERE, Claimed(by=DANA), NOON)
    assert (await store.say(a_reply())).n == 3
    assert (await store.append(a_turn("m-2", n=77, kind=Kind.RELAYED))).n == 4
    entries = await store.entries(HERE)
    assert [(type(each), each.n) for each in entries] == [(Turn, 1), (Fact, 2), (PersonSaid, 3), (Turn, 4)]
    assert await store.entries(HERE, after=2) == entries[2:]
    assert await store.entries(HERE, after=4) == []


async def test_order_is_by_number_and_never_by_time(store: Store) -> None:
    """A clock that is set back by an hour changes no order."""
    for n in range(1, 4):
        await store.append(replace(a_turn(f"m-{n}"), at=NOON - n * timedelta(hours=1)))
    assert [turn.message_id for turn in await store.of(HERE)] == ["m-1", "m-2", "m-3"]
    record = await store.record(HERE, MessageId("m-4"))
    assert [turn.message_id for turn in record.turns] == ["m-1", "m-2", "m-3"]


async def test_a_record_grows_with_the_conversation(store: Store) -> None:
    """However often it was read before, it has every turn and the owner as they are now."""
    turns: list[Turn] = []
    for n in range(1, 6):
        turns.append(await store.append(a_turn(f"m-{n}")))
        assert await store.record(HERE, MessageId("new")) == Record(turns=tuple(turns))
    await queue(store, message_id="m-6")
    record = await store.record(HERE, MessageId("new"))
    assert len(record.turns) == 6
    assert record.standing == await store.standing(HERE)
    assert await store.record(HERE, MessageId("m-3")) == Record(known=turns[2])


async def test_a_record_has_nothing_of_an_erased_conversation(store: Store) -> None:
    """What was read before it was erased is not given out from memory."""
    await store.append(a_turn())
    await store.record(HERE, MessageId("new"))
    await store.erase(HERE, NOON)
    assert await store.record(HERE, MessageId("new")) == Record()


async def test_what_happens_is_told_to_the_visitor_once(store: Store) -> None:
    """Sent, seen, here, waiting, back, closed: each a fact with its time and, where one is meant, a name."""
    await queue(store)
    for action in (Told(), Told(), Seen(by=DANA), Seen(by=SAM), Claimed(by=DANA), Requeued(by=DANA), Closed(by=DANA)):
        await store.act(HERE, action, NOON + MINUTE)
    facts = [each for each in await store.entries(HERE) if isinstance(each, Fact)]
    assert [(fact.what, fact.name) for fact in facts] == [
        (Happened.SENT, ""),
        (Happened.SEEN, ""),
        (Happened.HERE, "Dana"),
        (Happened.WAITING, ""),
        (Happened.CLOSED, ""),
    ]
    assert {fact.at for fact in facts} == {NOON + MINUTE}


async def test_a_claim_returns_who_owns_the_conversation(store: Store) -> None:
    """And so it is recorded, with everything that is known of the handoff."""
    handoff = await queue(store)
    await store.act(HERE, Told(), NOON + MINUTE)
    standing = await store.act(HERE, Claimed(by=DANA), NOON + 2 * MINUTE)
    assert standing == await store.standing(HERE)
    assert standing == Standing(
        owner=Owner.PERSON,
        since=NOON + 2 * MINUTE,
        handoff=handoff,
        responder=DANA,
        told_at=NOON + MINUTE,
        seen_at=NOON + 2 * MINUTE,
    )


async def test_of_two_who_claim_at_once_one_wins(store: Store) -> None:
    """The other is told who."""
    await queue(store)
    claims = [store.act(HERE, Claimed(by=by), NOON) for by in (DANA, SAM)]
    outcomes = await asyncio.gather(*claims, return_exceptions=True)
    [refused] = [each for each in outcomes if isinstance(each, TakenByAnother)]
    [standing] = [each for each in outcomes if isinstance(each, Standing)]
    assert standing.responder is not None
    assert refused.name == standing.responder.name


async def test_an_action_that_does_not_fit_records_nothing(store: Store) -> None:
    """Neither owner nor entries nor the audit trail change."""
    await queue(store)
    before = (await store.standing(HERE), await store.entries(HERE))
    with pytest.raises(NotYours):
        await store.act(HERE, Released(by=DANA), NOON)
    with pytest.raises(NotYours):
        await store.say(a_reply())
    with pytest.raises(OwnerChanged):
        await store.append(a_turn("m-2", kind=Kind.RELAYED))
    assert (await store.standing(HERE), await store.entries(HERE)) == before
    assert await store.audited() == []


async def test_the_bot_can_not_speak_while_a_person_owns_it(store: Store) -> None:
    """A turn that was decided before the claim is refused, and one that raises danger is recorded."""
    await queue(store)
    await store.act(HERE, Claimed(by=DANA), NOON)
    with pytest.raises(OwnerChanged):
        await store.append(a_turn("m-2"))
    await queue(store, message_id="m-3")
    assert (await store.standing(HERE)).raised_at == NOON


async def test_nothing_can_be_done_where_there_is_no_conversation(store: Store) -> None:
    """The caller learns of it, also after erasing."""
    await queue(store)
    await store.erase(HERE, NOON)
    with pytest.raises(ConversationUnknown):
        await store.act(HERE, Claimed(by=DANA), NOON)
    with pytest.raises(ConversationUnknown):
        await store.say(a_reply())
    with pytest.raises(ConversationUnknown):
        await store.leave_contact(HERE, "somewhere")
    await store.delivered(HERE, 1)
    assert await store.case(HERE) is None


async def test_what_a_person_wrote_is_recorded_once(store: Store) -> None:
    """Sent again it gives the first reply, also after the conversation was given back."""
    await queue(store)
    await store.act(HERE, Claimed(by=DANA), NOON)
    first = await store.say(a_reply())
    assert first == replace(a_reply(), n=3)
    await store.act(HERE, Released(by=DANA), NOON)
    assert await store.say(replace(a_reply(), text="other")) == first
    assert [each for each in await store.entries(HERE) if isinstance(each, PersonSaid)] == [first]


async def test_a_reply_may_have_the_id_of_a_message(store: Store) -> None:
    """Visitors and responders make their ids apart from each other."""
    await queue(store)
    await store.act(HERE, Claimed(by=DANA), NOON)
    assert (await store.say(a_reply("m-1"))).n == 3
    assert await store.record(HERE, MessageId("m-1")) == Record(known=(await store.of(HERE))[0])


async def test_the_gravest_case_comes_first_and_of_those_the_longest_waiting(store: Store) -> None:
    """Who waits and who is with a person are listed; who is with the bot is not."""
    severities: list[Severity | None] = ["moderate", "imminent", "high", "imminent"]
    for n, severity in enumerate(severities):
        await queue(store, ConversationId(f"c-{n}"), severity=severity, after=n)
    await store.act(ConversationId("c-2"), Claimed(by=DANA), NOON)
    await store.append(a_turn(conversation="c-9"))
    assert [case.conversation.id for case in await store.cases()] == ["c-1", "c-3", "c-2", "c-0"]


async def test_a_case_has_all_that_a_responder_needs(store: Store) -> None:
    """Whoever owns the conversation, and whether a case is open or not."""
    await store.start(ASKED)
    assert await store.case(HERE) == Case(conversation=ASKED, standing=Standing(), last_at=ASKED.started_at, last_n=0)
    await queue(store)
    await store.leave_contact(HERE, "\u2764 01 234")
    await store.delivered(HERE, 1)
    await store.act(HERE, Closed(by=DANA, verdict="test"), NOON + MINUTE)
    assert await store.case(HERE) == Case(
        conversation=ASKED,
        standing=Standing(owner=Owner.CLOSED, since=NOON + MINUTE, cleared_at=NOON + MINUTE),
        last_at=NOON + MINUTE,
        last_n=2,
        delivered_n=1,
        contact="\u2764 01 234",
        verdict="test",
    )


async def test_what_was_delivered_never_goes_back(store: Store) -> None:
    """Nor past what there is to deliver."""
    await queue(store)
    await store.append(a_turn("m-2"))
    for n, wanted in [(1, 1), (2, 2), (1, 2), (10**30, 2)]:
        await store.delivered(HERE, n)
        case = await store.case(HERE)
        assert case is not None
        assert case.delivered_n == wanted


async def test_a_contact_can_be_changed_and_taken_back(store: Store) -> None:
    """The last word of the visitor counts."""
    await queue(store)
    for contact in ("one", "two", ""):
        await store.leave_contact(HERE, contact)
        case = await store.case(HERE)
        assert case is not None
        assert case.contact == contact


async def test_a_case_is_closed_once(store: Store) -> None:
    """There is nothing left to close."""
    await queue(store)
    await store.act(HERE, TakenOver(by=SAM), NOON)
    await store.act(HERE, Cleared(by=SAM), NOON)
    await store.act(HERE, Closed(by=SAM), NOON)
    with pytest.raises(NothingWaits):
        await store.act(HERE, Closed(by=SAM), NOON)


async def test_the_store_can_be_written_to(store: Store) -> None:
    """The check passes, however often it is made."""
    for _ in range(2):
        await store.check()
