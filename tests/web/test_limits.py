"""Slow clients, leaving clients, many conversations: nobody holds up anybody else, and nothing is half done."""

import asyncio
import uuid

import pytest

from adapters.web import api
from adapters.web.sessions import Sessions
from bot.errors import ConversationUnknown, StoreUnavailable
from bot.memory import MemoryStore
from bot.model import ConversationId, Handoff, MessageId, Record, Turn
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
    monkeypatch.setattr(api, "BODY_S", 0.05)
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
    session = site.app[api.SESSIONS].of(ConversationId(visitor.id), visitor.token)
    async with session.lock:
        waiting = asyncio.create_task(visitor.say("is it legal"))

        assert (await stranger.say("is it legal"))["kind"] == "answer"
        assert not waiting.done()
    assert (await waiting)["kind"] == "answer"


async def test_the_conversation_idle_longest_goes_first() -> None:
    """Past the limit the one that nobody has used for longest is let go, and its streams end."""
    sessions = Sessions(2)
    first, second = (sessions.start(locale="en", country=None) for _ in range(2))
    sessions.of(*first)
    third = sessions.start(locale="en", country=None)

    assert sessions.of(*first)
    assert sessions.of(*third)
    with pytest.raises(ConversationUnknown):
        sessions.of(*second)


async def test_tokens_are_kept_as_hashes_only() -> None:
    """Who reads the memory of the process finds no token in it."""
    sessions = Sessions(2)
    conversation_id, token = sessions.start(locale="en", country=None)

    assert token not in repr(sessions._open[conversation_id])


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
