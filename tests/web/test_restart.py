"""The process is killed or stopped, and started again on the same file: nothing that was acknowledged is lost or doubled."""

import asyncio
import contextlib
import json
import signal
import sqlite3
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from adapters.alerts.ladder import LEASE
from adapters.store.codec import micros
from adapters.store.sqlite import open_store
from bot.handoff import Claimed
from bot.memory import SystemClock
from bot.model import ConversationId, MessageId, PersonSaid
from tests.conftest import DANA
from tests.web.processes import Process, Webhook, kept_in, serving
from tests.web.sites import Stream, Visitor

DANGER = "I want to kill myself tonight"
VISITORS = 6
HELD_UP_S = 0.3  # by a database that is locked; below what the store waits for it

Serve = Callable[..., AbstractAsyncContextManager[Process]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The database of all processes of a test."""
    return tmp_path / "handrail.db"


@pytest.fixture
def serve(data_dir: Path, tmp_path: Path) -> Serve:
    """Start a process on that database."""
    return lambda **settings: serving(data_dir, **kept_in(tmp_path), **settings)


@pytest.fixture
async def hook() -> AsyncIterator[Webhook]:
    """Somebody who is told."""
    async with Webhook.open() as hook:
        yield hook


def end_leases(path: Path) -> None:
    """Let the leases of alerts that nobody finished be over, as they are by themselves after ``LEASE`` at the most."""
    now = SystemClock().now()
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        [last] = connection.execute("SELECT max(due_at) FROM alert WHERE step = 0").fetchone()
        assert last is None or last <= micros(now + LEASE)
        connection.execute("UPDATE alert SET due_at = ?1 WHERE step = 0", (micros(now),))


async def until_told(visitor: Visitor) -> list[int]:
    """Follow a conversation from its beginning until it says that the team was told; return the numbers of its entries."""
    numbers = []
    async with visitor.listen("0") as stream:
        while True:
            name, _, data = await an_event(stream)
            numbers.append(data["n"])
            if (name, data.get("state")) == ("receipt", "sent"):
                return numbers


async def an_event(stream: Stream) -> tuple[str, str | None, Any]:
    """Return the next event of a stream that goes on."""
    event = await stream.next()
    assert event is not None
    return event


async def test_danger_is_alerted_though_the_process_is_killed_right_after_the_reply(
    web_client: ClientSession, serve: Serve, path: Path, hook: Webhook
) -> None:
    """Of each of some visitors the team is told, and a second time only under the same key; each visitor reads it once."""
    async with serve(HANDRAIL_ALERT_URLS=hook.url) as process:
        visitors = [await Visitor(web_client, process).arrive() for _ in range(VISITORS)]
        turns = await asyncio.gather(*(visitor.say(DANGER) for visitor in visitors))
        code, _, _ = await process.stopped_by(signal.SIGKILL)
    end_leases(path)
    async with serve(HANDRAIL_ALERT_URLS=hook.url) as process:
        for visitor in visitors:
            visitor.site = process
        await hook.sent(VISITORS)
        read = [await until_told(visitor) for visitor in visitors]

    assert code == -signal.SIGKILL
    assert {(turn["kind"], turn["receipt"]["recorded"]) for turn in turns} == {("crisis", True)}
    assert read == [[1, 2]] * VISITORS
    assert len(set(hook.keys)) == VISITORS
    assert {key.rpartition("-")[2] for key in hook.keys} == {"0"}


async def test_an_alert_that_is_on_its_way_when_the_process_is_killed_is_sent_again_with_its_key(
    web_client: ClientSession, serve: Serve, path: Path, hook: Webhook
) -> None:
    """The receiver had it and had not answered; it gets it again, and knows by the key that it is the same."""
    hook.hangs = True
    async with serve(HANDRAIL_ALERT_URLS=hook.url) as process:
        visitor = await Visitor(web_client, process).arrive()
        await visitor.say(DANGER)
        await hook.sent()
        await process.stopped_by(signal.SIGKILL)
    hook.hangs = False
    end_leases(path)
    async with serve(HANDRAIL_ALERT_URLS=hook.url) as process:
        visitor.site = process
        read = await until_told(visitor)

    assert read == [1, 2]
    assert len(hook.keys) == 2
    assert len(set(hook.keys)) == 1


async def test_an_alert_that_is_on_its_way_when_the_process_is_stopped_is_sent_again_with_its_key(
    web_client: ClientSession, serve: Serve, path: Path, hook: Webhook
) -> None:
    """What nobody has taken when SIGTERM comes does not count as delivered."""
    hook.hangs = True
    async with serve(HANDRAIL_ALERT_URLS=f"{hook.url}?rto=1") as process:  # the stop waits for what is being sent
        visitor = await Visitor(web_client, process).arrive()
        await visitor.say(DANGER)
        await hook.sent()
        code, _, _ = await process.stopped_by(signal.SIGTERM)
    hook.hangs = False
    end_leases(path)
    async with serve(HANDRAIL_ALERT_URLS=hook.url) as process:
        visitor.site = process
        read = await until_told(visitor)

    assert code == 0
    assert read == [1, 2]
    assert len(hook.keys) == 2
    assert len(set(hook.keys)) == 1


async def speak_while_it_is_down(path: Path, conversation: str) -> None:
    """Let Dana take a conversation and write in it, past the process that serves it."""
    here, now = ConversationId(conversation), SystemClock().now()
    async with open_store(path) as store:
        await store.act(here, Claimed(by=DANA), now)
        for text in ("I am here.", "I have read what you wrote."):
            said = PersonSaid(
                conversation_id=here, message_id=MessageId(text), at=now, responder=DANA.id, name=DANA.name, text=text
            )
            await store.say(said)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_stream_resumes_over_a_restart(
    web_client: ClientSession, serve: Serve, path: Path, number: signal.Signals
) -> None:
    """Each entry comes once and in order: what was missed, what a person wrote meanwhile, and then what is new."""
    read: list[tuple[str | None, Any]] = []
    async with serve() as process:
        visitor = await Visitor(web_client, process).arrive()
        async with visitor.listen() as stream:
            for text in ("when do you open", DANGER):
                await visitor.say(text)
                read.append((await an_event(stream))[1:])
            await process.stopped_by(number)
    await speak_while_it_is_down(path, visitor.id)
    async with serve() as process:
        visitor.site = process
        async with visitor.listen(read[-1][0]) as stream:
            read += [(await an_event(stream))[1:] for _ in range(3)]
            relayed = await visitor.say("thank you")
            read.append((await an_event(stream))[1:])
        async with visitor.listen("0") as stream:
            again = [(await an_event(stream))[1:] for _ in read]

    assert [id_ for id_, _ in read] == ["1", "2", "3", "4", "5", "6"]
    assert [data.get("state") or data.get("text") for _, data in read[2:5]] == [
        "here",
        "I am here.",
        "I have read what you wrote.",
    ]
    assert (relayed["kind"], relayed["n"]) == ("relayed", 6)
    assert again == read


@contextlib.asynccontextmanager
async def raw(process: Process, request: str) -> AsyncIterator[asyncio.StreamReader]:
    """Send a request by hand, so that all of it has left before anything else is done."""
    reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
    writer.write(request.encode())
    await writer.drain()
    yield reader
    writer.close()
    await writer.wait_closed()


def a_message(visitor: Visitor, text: str, message_id: str) -> str:
    """A message as it goes over the wire."""
    body = json.dumps({"message_id": message_id, "text": text})
    return (
        f"POST {visitor.path('messages')} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {visitor.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )


async def test_a_turn_in_hand_is_recorded_and_answered_before_the_process_stops(
    web_client: ClientSession, serve: Serve, path: Path
) -> None:
    """SIGTERM comes while the turn waits for the database; streams are told when to come back, and it is answered."""
    message_id = str(uuid.uuid4())
    async with serve() as process:
        visitor = await Visitor(web_client, process).arrive()
        first = await visitor.say("when do you open")
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            async with visitor.listen() as stream:
                await an_event(stream)
                other.execute("BEGIN IMMEDIATE")  # nothing can be recorded now
                async with raw(process, a_message(visitor, "how much is the fine", message_id)) as reader:
                    await visitor.call("GET", "/healthz")  # so the message, sent before, is in hand
                    process.running.send_signal(signal.SIGTERM)
                    farewell = await stream.response.content.read()
                    answering = asyncio.ensure_future(reader.read())
                    answered, _ = await asyncio.wait([answering], timeout=HELD_UP_S)
                    other.execute("ROLLBACK")
                    answer = (await asyncio.wait_for(answering, 10)).decode()
        code = await asyncio.wait_for(process.running.wait(), 10)
    turn = json.loads(answer.partition("\r\n\r\n")[2])
    async with open_store(path) as store:
        recorded = await store.of(ConversationId(visitor.id))

    assert code == 0
    assert not answered  # nor hung up on
    assert b"retry: 2000" in farewell
    assert (turn["n"], turn["receipt"]["recorded"], turn["answer_ids"]) == (2, True, ["fines"])
    assert [each.message_id for each in recorded] == [first["message_id"], message_id]


async def test_messages_sent_again_after_a_restart_give_the_first_turns(web_client: ClientSession, serve: Serve) -> None:
    """The same ids give the same turns to the letter, also with another text, and nothing is recorded anew."""
    texts = ["hello", "when do you open", DANGER, "how much is the fine", "xyzzy plugh"]
    ids = [str(uuid.uuid4()) for _ in texts]
    async with serve() as process:
        visitor = await Visitor(web_client, process).arrive()
        first = [await visitor.say(*each) for each in zip(texts, ids, strict=True)]
        await process.stopped_by(signal.SIGKILL)
    async with serve() as process:
        visitor.site = process
        again = [await visitor.say(*each) for each in zip(texts, ids, strict=True)]
        edited = [await visitor.say("something else", each) for each in ids]
        said = (await visitor.get("transcript")).json["turns"]

    assert again == first
    assert edited == first
    assert [each["text"] for each in said if each["author"] == "visitor"] == texts
