"""Slow clients, leaving clients, many conversations: nobody holds up anybody else, and nothing is half done."""

import asyncio
import uuid

import pytest

from adapters.web import bodies
from adapters.web.sessions import Sessions
from bot.errors import ConversationUnknown, StoreUnavailable
from bot.memory import FixedClock, MemoryStore
from bot.model import Conversation, ConversationId, Handoff, MessageId, Record, Turn
from tests.conftest import NOON
from tests.web.sites import Site, Visitor


class Slow(MemoryStore):
    """A store that records once it is let."""

    def __init__(self) -> None:
        """Start with nothing asked and nothing let."""
        super().__init__()
        self.asked, self.let, self.done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def append(self, turn: Turn, handoff: Handoff | None = None) -> Turn:
        """Record a turn once ``let`` is set."""
        self.asked.set()
        await self.let.wait()
        recorded = await super().append(turn, handoff)
        self.done.set()
        return recorded


class Awakening(MemoryStore):
    """A store that is away until it is told otherwise."""

    is_away = True

    async def start(self, conversation: Conversation) -> None:
        """Fail while it is away."""
        if self.is_away:
            raise StoreUnavailable
        await super().start(conversation)

    async def conversation(self, conversation_id: ConversationId) -> Conversation | None:
        """Fail while it is away."""
        if self.is_away:
            raise StoreUnavailable
        return await super().conversation(conversation_id)


class Broken(MemoryStore):
    """A store that can be neither read nor written."""

    async def record(self, conversation_id: ConversationId, message_id: MessageId) -> Record:  # noqa: ARG002 - as below
        """Fail."""
        raise StoreUnavailable

    async def append(self, turn: Turn, handoff: Handoff | None = None) -> Turn:  # noqa: ARG002 - nothing is done with them
        """Fail."""
        raise StoreUnavailable


async def test_a_body_that_does_not_arrive_is_given_up(
    visitor: Visitor, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that sends half a body and waits gets 408 in the end, and holds no place for ever."""
    monkeypatch.setattr(bodies, "BODY_S", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    head = f"POST {visitor.path('messages')} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {visitor.token}\r\n"
    writer.write(f"{head}Content-Length: 100\r\n\r\n{{".encode())
    status = await reader.readline()
    writer.close()
    await writer.wait_closed()

    assert status.startswith(b"HTTP/1.1 408 ")


async def test_a_message_whose_visitor_left_is_recorded(visitor: Visitor, site: Site) -> None:
    """Who closes the page while the reply is made does not undo what they said."""
    store = Slow()
    await site.stop()
    await site.start(store)
    await visitor.arrive()
    leaving = asyncio.create_task(visitor.say("I want to kill myself"))
    await store.asked.wait()
    leaving.cancel()
    store.let.set()
    await store.done.wait()

    (turn,) = await store.of(ConversationId(visitor.id))
    assert turn.kind == "crisis"


async def test_a_stop_waits_for_the_turn_in_hand(visitor: Visitor, site: Site) -> None:
    """A turn that is being recorded when the server is told to stop is recorded and answered first."""
    store = Slow()
    await site.stop()
    await site.start(store)
    await visitor.arrive()
    asked = asyncio.create_task(visitor.say("is it legal"))
    await store.asked.wait()
    stopping = asyncio.create_task(site.stop())
    store.let.set()
    await stopping

    assert (await asked)["receipt"]["recorded"]


async def test_one_slow_conversation_holds_up_no_other(visitor: Visitor, stranger: Visitor, site: Site) -> None:
    """While a visitor's turn waits in their own conversation, another's is answered."""
    async with site.conversations._turn_of(ConversationId(visitor.id)):
        waiting = asyncio.create_task(visitor.say("is it legal"))

        assert (await stranger.say("is it legal"))["kind"] == "answer"
        assert not waiting.done()
    assert (await waiting)["kind"] == "answer"


async def test_a_conversation_that_was_forgotten_is_read_from_the_store() -> None:
    """A process remembers so many tokens; those of other conversations are as good, since the store has their hashes."""
    store = MemoryStore()
    sessions = Sessions(store, FixedClock(NOON), 1)
    first, second = [await sessions.start(locale="en", country=None) for _ in range(2)]

    assert (await sessions.of(*first)).id == first[0]
    assert (await Sessions(store, FixedClock(NOON), 1).of(*second)).id == second[0]
    with pytest.raises(ConversationUnknown):
        await sessions.of(first[0], second[1])


async def test_tokens_are_kept_as_hashes_only() -> None:
    """Who reads the store finds no token in it."""
    store = MemoryStore()
    conversation_id, token = await Sessions(store, FixedClock(NOON), 2).start(locale="en", country=None)

    assert token not in repr(await store.conversation(conversation_id))


async def test_a_conversation_opened_while_the_store_was_away_is_recorded_later(visitor: Visitor, site: Site) -> None:
    """Who came at the wrong moment is served, and their first message that can be recorded is, with its conversation."""
    store = Awakening()
    await site.stop()
    await site.start(store)
    await visitor.arrive()
    store.is_away = False
    turn = await visitor.say("is it legal")

    assert turn["receipt"]["recorded"]
    assert (await store.conversation(ConversationId(visitor.id))) is not None


async def test_danger_gets_its_reply_though_nobody_can_tell_whose_it_is(visitor: Visitor, site: Site) -> None:
    """A token that can't be checked while the store is away opens nothing, and a card with numbers is shown all the same."""
    store = Awakening()
    await visitor.say("hello")
    await site.stop()
    await site.start(store)
    danger, question = [await visitor.say(text) for text in ("I want to kill myself", "is it legal")]

    assert (danger["kind"], danger["receipt"]["recorded"], bool(danger["help"])) == ("crisis", False, True)
    assert (question["receipt"]["recorded"], bool(question["help"])) == (False, True)


async def test_two_hundred_visitors_at_once_are_all_answered(visitor: Visitor) -> None:
    """Conversations started and used at the same moment each get their own reply."""
    visitors = await asyncio.gather(*(Visitor(visitor.client, visitor.site).arrive() for _ in range(200)))
    turns = await asyncio.gather(*(each.say("is it legal") for each in visitors))

    assert {turn["kind"] for turn in turns} == {"answer"}
    assert len({each.id for each in visitors}) == 200


async def test_a_store_that_fails_still_lets_help_through(visitor: Visitor, site: Site) -> None:
    """When nothing can be recorded, danger gets its numbers, the receipt says so, and the same message may come again."""
    await site.stop()
    await site.start(Broken())
    await visitor.arrive()
    message_id = str(uuid.uuid4())
    turns = [await visitor.say("I want to kill myself", message_id) for _ in range(2)]

    assert all((turn["kind"], turn["n"], turn["receipt"]["recorded"]) == ("crisis", 0, False) for turn in turns)
    assert turns[0]["help"]
