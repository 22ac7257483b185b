"""What every store must do with what is said: one suite over each implementation of ``Transcript`` and ``Handoffs``."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import ConversationUnknown
from bot.handoff import Cleared
from bot.model import (
    Choice,
    ConversationId,
    Erased,
    Handoff,
    HelpLine,
    Kind,
    MessageId,
    Owner,
    Record,
    Reply,
    SourceNote,
    Standing,
)
from bot.ports import Store
from tests.conftest import DANA, NOON, a_turn
from tests.contract.stores import STORES

HERE, ELSEWHERE = ConversationId("c-1"), ConversationId("c-2")


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Each store in turn, empty."""
    async with STORES[request.param](tmp_path) as opened:
        yield opened


def a_handoff(conversation: ConversationId = HERE, kind: Kind = Kind.HUMAN) -> Handoff:
    """A case for a person."""
    return Handoff(
        conversation_id=conversation,
        kind=kind,
        opened_at=NOON,
        urgent=kind is Kind.CRISIS,
        message_ids=(MessageId("m-1"),),
    )


async def test_turns_come_back_in_order(store: Store) -> None:
    """A transcript holds the turns as they were recorded, oldest first, to the last field."""
    turns = [a_turn(f"m-{n}", n=n) for n in (1, 2, 3)]
    for turn in turns:
        await store.append(turn)
    assert await store.of(HERE) == turns


async def test_everything_in_a_turn_survives(store: Store) -> None:
    """Choices, sources, help lines, every script and an empty reply come back as they were."""
    line = HelpLine(name="Line", call="1", what="\u2764", checked=NOON.date())
    source = SourceNote(id="s", title="\u0422", by="b", date="2026", sections=("x", "y"))
    reply = Reply(text="\x00 \u202e \U0001f642\n", choices=(Choice(id="a", label="A?"),), sources=(source,), help=(line,))
    turn = replace(
        a_turn(kind=Kind.CRISIS),
        reply=reply,
        handoff="opened",
        latched=True,
        variant="abuse",
        visitor_text="\u0441\u0430\u043c",
    )
    await store.append(turn)
    assert await store.of(HERE) == [turn]


async def test_a_message_delivered_twice_is_one_turn(store: Store) -> None:
    """Recording the same message id again gives the first turn and changes nothing."""
    first = a_turn()
    await store.append(first)
    again = await store.append(replace(first, visitor_text="something else", n=2))
    assert again == first
    assert await store.of(HERE) == [first]


async def test_a_message_delivered_twice_at_once_is_one_turn(store: Store) -> None:
    """Of many at the same moment, one is recorded and all get that one."""
    turns = [a_turn(n=n) for n in range(1, 9)]
    recorded = await asyncio.gather(*(store.append(turn, a_handoff()) for turn in turns))
    assert len(set(recorded)) == len(await store.of(HERE)) == len(await store.opened(HERE)) == 1


async def test_the_same_id_in_another_conversation_is_another_message(store: Store) -> None:
    """Ids of messages are unique within a conversation only."""
    here, elsewhere = a_turn(), a_turn(conversation="c-2")
    await store.append(here)
    assert await store.append(elsewhere) == elsewhere
    assert await store.of(HERE) == [here]


async def test_a_recorded_message_is_found(store: Store) -> None:
    """A message that was handled is found by its id, another is not."""
    turn = a_turn()
    await store.append(turn)
    assert await store.record(HERE, turn.message_id) == Record(known=turn)
    assert await store.record(HERE, MessageId("m-2")) == Record(turns=(turn,))
    assert await store.record(ELSEWHERE, turn.message_id) == Record()


async def test_a_conversation_that_is_not_there_is_empty(store: Store) -> None:
    """An unknown conversation has no turns, no handoffs, no latch to clear, and belongs to the bot."""
    assert await store.of(HERE) == []
    assert await store.opened(HERE) == []
    assert await store.standing(HERE) == Standing()


async def test_a_handoff_is_recorded_with_its_turn(store: Store) -> None:
    """A turn and the case that it opens are one commit."""
    handoff = a_handoff()
    await store.append(a_turn(kind=Kind.HUMAN), handoff)
    assert await store.opened(HERE) == [handoff]
    assert await store.opened(ELSEWHERE) == []


async def test_a_message_delivered_twice_opens_one_handoff(store: Store) -> None:
    """The second delivery opens nothing, whatever it brings."""
    await store.append(a_turn(), a_handoff())
    await store.append(a_turn(), a_handoff(kind=Kind.CRISIS))
    assert await store.opened(HERE) == [a_handoff()]
    assert len(await store.of(HERE)) == 1


async def test_a_late_handoff_is_not_slipped_under_a_recorded_turn(store: Store) -> None:
    """A message that opened no case when it was recorded opens none when it is delivered again."""
    await store.append(a_turn())
    await store.append(a_turn(), a_handoff())
    assert await store.opened(HERE) == []


async def test_handoffs_come_back_in_order(store: Store) -> None:
    """The cases of a conversation are listed oldest first."""
    handoffs = [a_handoff(), a_handoff(kind=Kind.CRISIS)]
    for n, handoff in enumerate(handoffs, start=1):
        await store.append(a_turn(f"m-{n}", n=n), handoff)
    assert await store.opened(HERE) == handoffs


async def test_an_open_handoff_puts_the_conversation_into_the_queue(store: Store) -> None:
    """The bot owns a conversation until a case is open."""
    await store.append(a_turn())
    assert (await store.standing(HERE)).owner is Owner.BOT
    await store.append(a_turn("m-2", n=2), a_handoff())
    assert (await store.standing(HERE)).owner is Owner.QUEUED


async def test_erasing_says_how_many_turns_there_were(store: Store) -> None:
    """The receipt counts what was erased, and is kept; who erases again gets the same one."""
    for n in (1, 2, 3):
        await store.append(a_turn(f"m-{n}", n=n))
    receipt = Erased(conversation_id=HERE, at=NOON, turns=3)
    assert await store.erase(HERE, NOON) == receipt
    assert await store.erase(HERE, NOON + timedelta(minutes=1)) == receipt
    assert (await store.receipt(HERE), await store.receipt(ELSEWHERE)) == (receipt, None)


async def test_erasing_leaves_nothing_behind(store: Store) -> None:
    """Turns, handoffs, owner and latch of the conversation go; others stay."""
    await store.append(a_turn(), a_handoff())
    await store.append(a_turn(conversation="c-2"), a_handoff(ELSEWHERE))
    await store.act(HERE, Cleared(by=DANA), NOON)
    await store.erase(HERE, NOON)
    assert (await store.of(HERE), await store.opened(HERE), await store.standing(HERE)) == ([], [], Standing())
    assert len(await store.of(ELSEWHERE)) == len(await store.opened(ELSEWHERE)) == 1


async def test_what_was_erased_takes_no_more(store: Store) -> None:
    """A message that was on its way when its conversation was erased must not bring it back."""
    await store.append(a_turn())
    await store.erase(HERE, NOON)
    with pytest.raises(ConversationUnknown):
        await store.append(a_turn("m-2"), a_handoff())
    assert (await store.of(HERE), await store.cases()) == ([], [])


async def test_a_latch_remembers_when_it_was_cleared(store: Store) -> None:
    """The last time counts, and only for that conversation."""
    for conversation in (HERE, ELSEWHERE):
        await store.append(a_turn(conversation=conversation))
    await store.act(HERE, Cleared(by=DANA), NOON)
    await store.act(HERE, Cleared(by=DANA), NOON + timedelta(minutes=5))
    assert (await store.standing(HERE)).cleared_at == NOON + timedelta(minutes=5)
    assert (await store.standing(ELSEWHERE)).cleared_at is None


async def test_a_transcript_handed_out_is_not_the_record(store: Store) -> None:
    """Whoever changes the list that came back does not change what is recorded."""
    await store.append(a_turn(), a_handoff())
    (await store.of(HERE)).clear()
    (await store.opened(HERE)).clear()
    assert len(await store.of(HERE)) == len(await store.opened(HERE)) == 1
