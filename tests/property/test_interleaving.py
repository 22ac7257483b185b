"""Whatever comes first at each point where the store makes somebody wait, no reply of the bot is recorded after a claim."""

import asyncio
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.assembly import Core
from bot.errors import HandoffError
from bot.handoff import Action, Claimed, Cleared, Closed, Released, Requeued, TakenOver, Transferred
from bot.memory import FixedClock, MemoryStore
from bot.model import Conversation, Fact, MessageId, PersonSaid, Responder
from tests.conftest import DANA, NOON, SAM, a_message
from tests.property.handoffs import HERE, Expected, TroubledStore, conversations_on

TEXTS = st.sampled_from(
    ["late fees", "can i talk to a person", "i want to kill myself", "i can't cope, how much are late fees", "thanks"]
)
PAUSES = st.lists(st.integers(0, 4), min_size=1, max_size=12)


def moves_of(by: Responder, other: Responder) -> st.SearchStrategy[list[Action | str]]:
    """What a responder does, one after the other; a text is a reply."""
    moves = [
        Claimed(by=by),
        TakenOver(by=by),
        Released(by=by),
        Released(by=by, clear=True),
        Requeued(by=by),
        Transferred(by=by, to=other),
        Cleared(by=by),
        Closed(by=by, verdict="test"),
        "hello",
    ]
    return st.lists(st.one_of(st.just(Claimed(by=by)), st.just("hello"), st.sampled_from(moves)), max_size=6)


async def work(store: TroubledStore, by: Responder, moves: Sequence[Action | str]) -> None:
    """Do one thing after the other; what is refused is left."""
    for number, move in enumerate(moves):
        try:
            if isinstance(move, str):
                message_id = MessageId(f"{by.id}-{number}")
                said = PersonSaid(
                    conversation_id=HERE, message_id=message_id, at=NOON, responder=by.id, name=by.name, text=move
                )
                await store.say(said)
            else:
                await store.act(move)
        except HandoffError:
            await asyncio.sleep(0)


async def write(core: Core, store: TroubledStore, clock: FixedClock, texts: Sequence[str], *, together: bool) -> None:
    """Send messages, each after the reply to the one before, or all at once and to a second process too; then once more."""
    conversations, others = (conversations_on(core, store, clock) for _ in range(2))
    messages = [a_message(text, message_id=f"v-{number}") for number, text in enumerate(texts)]
    if together:
        twice = await asyncio.gather(*map(conversations.handle, messages), *map(others.handle, messages))
        turns = twice[: len(messages)]
        assert twice == turns * 2
    else:
        turns = [await conversations.handle(message) for message in messages]
    assert all(turn.n for turn in turns)
    again = await asyncio.gather(*map(conversations.handle, messages))
    assert again == turns


async def play(
    core: Core,
    pauses: Sequence[int],
    texts: Sequence[str],
    moves: Sequence[tuple[Responder, list[Action | str]]],
    **how: bool,
) -> None:
    """Let all of them act at once, and see that what was committed may follow on one another."""
    inner, clock = MemoryStore(), FixedClock(NOON)
    store = TroubledStore(inner, clock, pauses)
    await inner.start(Conversation(id=HERE, started_at=NOON))
    async with asyncio.timeout(10):
        people = (work(store, by, done) for by, done in moves)
        await asyncio.gather(write(core, store, clock, texts, **how), *people)
    expected = Expected()
    for done in store.done:
        expected.take(done)
    entries = await inner.entries(HERE)
    assert [each.n for each in entries] == list(range(1, len(entries) + 1))
    assert [each for each in entries if not isinstance(each, Fact)] == expected.words
    assert {each.message_id for each in expected.words} >= {f"v-{number}" for number in range(len(texts))}
    standing = await inner.standing(HERE)
    assert (standing.owner, standing.responder) == (expected.owner, expected.who)
    assert (await inner.next_due() is not None) == expected.alerts


@settings(max_examples=300)
@given(
    pauses=PAUSES,
    texts=st.lists(TEXTS, min_size=1, max_size=4),
    dana=moves_of(DANA, SAM),
    sam=moves_of(SAM, DANA),
    together=st.booleans(),
)
def test_no_interleaving_gives_two_owners_or_lets_the_bot_butt_in(
    small_core: Core,
    *,
    pauses: list[int],
    texts: list[str],
    dana: list[Action | str],
    sam: list[Action | str],
    together: bool,
) -> None:
    """Each commit was allowed by those before it; each message is in the transcript once, and its reply is the one given."""
    asyncio.run(play(small_core, pauses, texts, [(DANA, dana), (SAM, sam)], together=together))
