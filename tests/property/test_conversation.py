"""What holds for every conversation, whatever is said in whatever order."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.assembly import Core
from bot.handoff import Cleared
from bot.memory import FixedClock, MemoryStore
from bot.model import ConversationId, Kind, Said, Turn
from tests.conftest import DANA, NOON, a_message, conversations_of
from tests.property.strategies import any_text

URGENT = {Kind.CRISIS, Kind.EMERGENCY}
CRISES = [
    "I want to kill myself",
    "i dont want to be here anymore",
    "I am going to end my life tonight",
    "my friend says he wants to kill himself",
    "my husband hits me and i am scared",
    "i'm feeling suicidal tonight",
    "i want to kill him",
    "i cut myself again last night",
]


async def talk(core: Core, texts: Sequence[str], conversation: str = "c-1") -> list[Turn]:
    """Say these things in one conversation."""
    conversations = conversations_of(core, MemoryStore(), FixedClock(NOON))
    return [await conversations.handle(a_message(text, conversation)) for text in texts]


@given(text=any_text)
def test_any_text_whatsoever_gets_a_reply(small_core: Core, text: str) -> None:
    """No text raises, and each gets words, a known kind and a score that is a probability."""
    [turn] = asyncio.run(talk(small_core, [text]))
    assert turn.reply.text.strip()
    assert turn.kind in set(Kind) - {Kind.RELAYED}
    assert 0 <= turn.score <= 1


@settings(max_examples=40)
@given(texts=st.lists(any_text, min_size=1, max_size=4))
def test_any_conversation_on_the_real_pack_gets_replies(core: Core, texts: list[str]) -> None:
    """Turn after turn, on the real pack too; each turn is numbered."""
    turns = asyncio.run(talk(core, texts))
    assert all(turn.reply.text.strip() for turn in turns)
    assert [turn.n for turn in turns] == list(range(1, len(texts) + 1))


def a_faq_text(core: Core, number: int) -> str:
    """What people ask, from the pack itself."""
    phrasings = core.searcher.index.data.phrasings
    return phrasings[number % len(phrasings)]


@settings(max_examples=250)
@given(
    number=st.integers(0, 99_999),
    crisis=st.sampled_from(CRISES),
    joint=st.sampled_from([". ", "? ", "! ", "\n", "... ", " - "]),
    first=st.booleans(),
)
def test_a_question_beside_danger_never_hides_it(core: Core, number: int, crisis: str, joint: str, *, first: bool) -> None:
    """A crisis sentence before or after any question of the pack is still a crisis."""
    question = a_faq_text(core, number)
    text = f"{question}{joint}{crisis}" if first else f"{crisis}{joint}{question}"
    assert core.triage.route(text).kind in URGENT


@settings(max_examples=250)
@given(
    number=st.integers(0, 99_999),
    crisis=st.sampled_from(CRISES),
    joint=st.sampled_from([" ", ", ", " and "]),
    first=st.booleans(),
)
def test_a_question_in_the_same_sentence_never_hides_danger(
    core: Core, number: int, crisis: str, joint: str, *, first: bool
) -> None:
    """People leave out full stops; a question run together with danger does not hide it."""
    question = a_faq_text(core, number)
    text = f"{question}{joint}{crisis}" if first else f"{crisis}{joint}{question}"
    assert core.triage.route(text).kind in URGENT


some_text = any_text.map(lambda text: text[:900])


@given(before=some_text, after=some_text, crisis=st.sampled_from(CRISES))
def test_noise_around_danger_never_hides_it(core: Core, before: str, after: str, crisis: str) -> None:
    """Whatever stands on the lines around it, a crisis sentence is a crisis."""
    assert core.triage.route(f"{before}\n{crisis}\n{after}").kind in URGENT


@given(recent=st.lists(any_text, max_size=5), crisis=st.sampled_from(CRISES))
def test_nothing_said_before_lowers_an_alarm(core: Core, recent: list[str], crisis: str) -> None:
    """Earlier turns may raise an alarm and never lower one."""
    assert core.triage.route(crisis, [Said(text=text) for text in recent]).kind in URGENT


@given(deliveries=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("123"), any_text), max_size=12))
def test_no_order_of_messages_gives_an_id_two_turns(small_core: Core, deliveries: list[tuple[str, str, str]]) -> None:
    """However often and in whatever order messages arrive, each id has one turn, the first."""

    async def deliver() -> None:
        store = MemoryStore()
        conversations = conversations_of(small_core, store, FixedClock(NOON))
        first: dict[tuple[str, str], Turn] = {}
        for conversation, message_id, text in deliveries:
            turn = await conversations.handle(a_message(text, conversation, message_id))
            assert turn == first.setdefault((conversation, message_id), turn)
        for conversation in "ab":
            turns = await store.of(ConversationId(conversation))
            assert [turn.message_id for turn in turns] == [m for c, m in first if c == conversation]
            assert [turn.n for turn in turns] == list(range(1, len(turns) + 1))

    asyncio.run(deliver())


@given(texts=st.lists(any_text, min_size=2, max_size=6))
def test_messages_at_the_same_moment_are_one_transcript(small_core: Core, texts: list[str]) -> None:
    """Messages handled at once are all recorded, each with a number of its own."""

    async def deliver() -> list[Turn]:
        store = MemoryStore()
        conversations = conversations_of(small_core, store, FixedClock(NOON))
        await asyncio.gather(*(conversations.handle(a_message(text)) for text in texts))
        return await store.of(ConversationId("c-1"))

    assert sorted(turn.n for turn in asyncio.run(deliver())) == list(range(1, len(texts) + 1))


@given(texts=st.lists(any_text, min_size=1, max_size=5), crisis=st.sampled_from(CRISES[:3]))
def test_a_latch_holds_whatever_comes(core: Core, texts: list[str], crisis: str) -> None:
    """After danger every reply keeps the numbers in view and an answer never comes first, until it is cleared."""
    _, *turns = asyncio.run(talk(core, [crisis, *texts]))
    for turn in turns:
        assert turn.latched
        assert any("crisis" in line.for_ or "emergency" in line.for_ for line in turn.reply.help)
        assert turn.kind is not Kind.ANSWER or turn.reply.text.index("988") < 400


@given(text=any_text)
def test_a_cleared_latch_stays_cleared_until_danger_comes_again(small_core: Core, text: str) -> None:
    """A responder's clearing counts for what comes after it; new danger latches anew."""

    async def cleared() -> Turn:
        store, clock = MemoryStore(), FixedClock(NOON)
        conversations = conversations_of(small_core, store, clock)
        await conversations.handle(a_message("i want to kill myself"))
        clock.at = NOON + timedelta(minutes=1)
        await store.act(ConversationId("c-1"), Cleared(by=DANA), clock.now())
        clock.at = NOON + timedelta(minutes=2)
        return await conversations.handle(a_message(text))

    turn = asyncio.run(cleared())
    assert turn.latched == (turn.kind in URGENT)


@pytest.mark.parametrize("crisis", CRISES)
def test_each_crisis_sentence_is_one_by_itself(core: Core, crisis: str) -> None:
    """The sentences that the tests above build on are danger in their own right."""
    assert core.triage.route(crisis).kind in URGENT
