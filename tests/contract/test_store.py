"""What every store must do: one suite over each implementation of ``Transcript`` and ``Handoffs``."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import pytest

from bot.memory import MemoryStore
from bot.model import Choice, ConversationId, Handoff, HelpLine, Kind, MessageId, Owner, Reply, SourceNote
from bot.ports import Handoffs, Transcript
from tests.conftest import NOON, a_turn

HERE, ELSEWHERE = ConversationId("c-1"), ConversationId("c-2")


class Store(Transcript, Handoffs, Protocol):
    """Both ports in one, since a turn and its handoff are one commit."""


@asynccontextmanager
async def in_memory() -> AsyncIterator[Store]:
    """The store that ships without a database."""
    yield MemoryStore()


STORES: dict[str, Callable[[], AbstractAsyncContextManager[Store]]] = {"memory": in_memory}


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """Each store in turn, empty."""
    async with STORES[request.param]() as opened:
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
    assert await store.find(HERE, turn.message_id) == turn
    assert await store.find(HERE, MessageId("m-2")) is None
    assert await store.find(ELSEWHERE, turn.message_id) is None


async def test_a_conversation_that_is_not_there_is_empty(store: Store) -> None:
    """An unknown conversation has no turns, no handoffs, no latch to clear, and belongs to the bot."""
    assert await store.of(HERE) == []
    assert await store.opened(HERE) == []
    assert await store.owner(HERE) is Owner.BOT
    assert await store.latch_cleared_at(HERE) is None


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
    assert await store.owner(HERE) is Owner.BOT
    await store.append(a_turn("m-2", n=2), a_handoff())
    assert await store.owner(HERE) is Owner.QUEUED


async def test_erasing_says_how_many_turns_there_were(store: Store) -> None:
    """The receipt counts what was erased; a second time it is nought."""
    for n in (1, 2, 3):
        await store.append(a_turn(f"m-{n}", n=n))
    assert await store.erase(HERE) == 3
    assert await store.erase(HERE) == 0


async def test_erasing_leaves_nothing_behind(store: Store) -> None:
    """Turns, handoffs, owner and latch of the conversation go; others stay."""
    await store.append(a_turn(), a_handoff())
    await store.append(a_turn(conversation="c-2"), a_handoff(ELSEWHERE))
    await store.clear_latch(HERE, NOON)
    await store.erase(HERE)
    assert (await store.of(HERE), await store.opened(HERE), await store.latch_cleared_at(HERE)) == ([], [], None)
    assert await store.owner(HERE) is Owner.BOT
    assert len(await store.of(ELSEWHERE)) == len(await store.opened(ELSEWHERE)) == 1


async def test_an_erased_message_id_can_come_again(store: Store) -> None:
    """After erasing, an id is as new as on the first day."""
    await store.append(a_turn())
    await store.erase(HERE)
    turn = replace(a_turn(), visitor_text="new")
    assert await store.append(turn) == turn


async def test_a_latch_remembers_when_it_was_cleared(store: Store) -> None:
    """The last time counts, and only for that conversation."""
    await store.clear_latch(HERE, NOON)
    await store.clear_latch(HERE, NOON + timedelta(minutes=5))
    assert await store.latch_cleared_at(HERE) == NOON + timedelta(minutes=5)
    assert await store.latch_cleared_at(ELSEWHERE) is None


async def test_a_transcript_handed_out_is_not_the_record(store: Store) -> None:
    """Whoever changes the list that came back does not change what is recorded."""
    await store.append(a_turn(), a_handoff())
    (await store.of(HERE)).clear()
    (await store.opened(HERE)).clear()
    assert len(await store.of(HERE)) == len(await store.opened(HERE)) == 1
