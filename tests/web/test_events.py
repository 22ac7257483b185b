"""The event stream of a conversation."""

import asyncio
import itertools
import json
import socket
from contextlib import AsyncExitStack

import pytest

from adapters.web import stream
from adapters.web.parts import PRESENCE
from adapters.web.stream import MAX_STREAMS, OPEN
from bot.handoff import Claimed
from bot.model import ConversationId, MessageId, PersonSaid
from tests.conftest import DANA, NOON
from tests.web.sites import Site, Visitor


async def test_a_stream_is_a_stream_of_events(visitor: Visitor) -> None:
    """It says ``text/event-stream`` and that nothing on the way may keep it."""
    async with visitor.listen() as events:
        assert events.response.status == 200
        assert events.response.headers["Content-Type"] == "text/event-stream"
        assert events.response.headers["Cache-Control"] == "no-store"


async def test_a_turn_comes_down_the_stream_as_it_was_answered(visitor: Visitor) -> None:
    """The event ``turn`` carries the very turn that the call gave, and its number as ``id``."""
    async with visitor.listen() as events:
        turn = await visitor.say("is it legal")

        assert await events.next() == ("turn", "1", turn)


async def test_two_tabs_see_the_same_turns_in_the_same_order(visitor: Visitor) -> None:
    """Every open stream of a conversation gets every turn."""
    async with visitor.listen() as one, visitor.listen() as other:
        turns = [await visitor.say(text) for text in ("hello", "is it legal", "thanks")]
        expected = [("turn", str(turn["n"]), turn) for turn in turns]

        assert [await one.next() for _ in turns] == expected
        assert [await other.next() for _ in turns] == expected


@pytest.mark.parametrize(("last", "missed"), [(None, [1, 2, 3]), ("0", [1, 2, 3]), ("2", [3]), ("3", []), ("900", [])])
async def test_a_stream_resumes_after_the_last_event_that_was_read(
    visitor: Visitor, last: str | None, missed: list[int]
) -> None:
    """What was missed comes first, then what is new; a number that was never given out hides nothing that is new."""
    for text in ("hello", "is it legal", "thanks"):
        await visitor.say(text)
    async with visitor.listen(last) as events:
        await visitor.say("hello")
        numbers = [(await events.next() or ("", "", {}))[2]["n"] for _ in [*missed, 4]]

    assert numbers == [*missed, 4]


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "", "1_000", "\u0663", "9" * 5_000])
async def test_a_last_event_id_that_is_no_number_is_refused(visitor: Visitor, last: str) -> None:
    """Only what could have been an ``id`` is taken for one."""
    async with visitor.listen(last) as events:
        assert events.response.status == 422


async def test_a_message_sent_again_is_one_event(visitor: Visitor) -> None:
    """A turn that was given twice comes down the stream once."""
    async with visitor.listen() as events:
        for _ in range(2):
            await visitor.say("is it legal", "00000000-0000-4000-8000-000000000001")
        await visitor.say("hello")
        names = [(await events.next() or ("", "", {}))[1] for _ in range(2)]

    assert names == ["1", "2"]


async def test_erasing_tells_every_tab_that_it_ended(visitor: Visitor) -> None:
    """The event ``ended`` comes, without an id, and the stream closes."""
    async with visitor.listen() as one, visitor.listen() as other:
        await visitor.call("DELETE", visitor.path())

        assert [await one.next(), await one.next()] == [("ended", None, {}), None]
        assert [await other.next(), await other.next()] == [("ended", None, {}), None]


async def test_a_stream_shows_no_other_conversation(visitor: Visitor, stranger: Visitor) -> None:
    """What a stranger says is not heard."""
    async with visitor.listen() as events:
        await stranger.say("is it legal")
        own = await visitor.say("hello")

        assert await events.next() == ("turn", "1", own)


async def test_a_stream_too_many_closes_the_oldest(visitor: Visitor) -> None:
    """A visitor who reloads often is never shut out; the tab left open longest ends and may resume."""
    async with AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(visitor.listen()) for _ in range(MAX_STREAMS + 1)]
        turn = await visitor.say("hello")

        assert await streams[0].next() is None
        assert await streams[-1].next() == ("turn", "1", turn)


async def test_a_reader_who_leaves_is_let_go(visitor: Visitor, site: Site) -> None:
    """A closed tab leaves no stream behind, and the responder sees that the visitor is not there."""
    here = ConversationId(visitor.id)
    async with visitor.listen():
        assert len(site.app[OPEN]) == 1
        assert site.app[PRESENCE].visitor(here).is_here
    async with asyncio.timeout(5):
        while len(site.app[OPEN]):  # noqa: ASYNC110 - the server notices in its own time, and tells nobody
            await asyncio.sleep(0)

    assert not site.app[PRESENCE].visitor(here).is_here


async def test_a_reader_who_takes_nothing_is_dropped(visitor: Visitor, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream whose reader does not take an event in time is ended, and may resume."""
    here = ConversationId(visitor.id)
    monkeypatch.setattr(stream, "SEND_S", 0.05)
    stuck = socket.create_connection(("127.0.0.1", site.port))
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_024)
    stuck.sendall(
        f"GET {visitor.path('events')} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {visitor.token}\r\n\r\n".encode()
    )
    async with asyncio.timeout(10):
        while not len(site.app[OPEN]):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)
        await site.store.act(here, Claimed(by=DANA), NOON)
        for number in itertools.count():
            if not len(site.app[OPEN]):
                break
            said = PersonSaid(
                conversation_id=here,
                message_id=MessageId(str(number)),
                at=NOON,
                responder=DANA.id,
                name=DANA.name,
                text="x" * 1_000_000,
            )
            await site.store.say(said)
            await asyncio.sleep(0)
    stuck.close()


async def test_a_tab_that_reads_nothing_holds_up_nobody(visitor: Visitor, site: Site) -> None:
    """While one tab's line is stuck, messages are answered and the other tab gets them."""
    stuck = socket.create_connection(("127.0.0.1", site.port))
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_024)
    stuck.sendall(
        f"GET {visitor.path('events')} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {visitor.token}\r\n\r\n".encode()
    )
    async with visitor.listen() as events:
        for number in range(1, 101):
            await visitor.say("is it legal")
            event = await events.next()
            assert event is not None
            assert event[1] == str(number)
    stuck.close()


async def test_a_stream_ends_when_the_server_stops(visitor: Visitor, site: Site) -> None:
    """Stopping ends open streams at once, without ``ended``, so that the client resumes."""
    async with visitor.listen() as events:
        async with asyncio.timeout(3):
            await site.stop()

        assert await events.next() is None


async def test_an_event_is_one_line_of_json(visitor: Visitor) -> None:
    """Line breaks in a reply are escaped, so that no text can end an event or begin another."""
    async with visitor.listen() as events:
        await visitor.say("is it legal")
        block = (await events.response.content.readuntil(b"\r\n\r\n")).decode()

    assert [line.split(":")[0] for line in block.splitlines() if line] == ["id", "event", "data"]
    assert json.loads(block.splitlines()[2].removeprefix("data: "))["n"] == 1
