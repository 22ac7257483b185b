"""A marked message goes down every path; the mark is in no log line, no counter and no problem document."""

import asyncio
import json
import logging
import signal
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from adapters.web.logs import set_up_logs
from adapters.web.parts import CONVERSATIONS
from bot.model import Message, Turn
from tests.web.processes import Process, serving
from tests.web.sites import Got, Site, Visitor

MARK = "canary7c1f"
SAID = [
    f"I am having a panic attack {MARK}",
    f"{MARK}. My book is overdue. How much is the fine?",
    f"I want to kill myself {MARK}",
    f"my friend is unconscious {MARK}",
    f"should I stop my medication {MARK}",
    f"where can I buy mdma {MARK}",
    f"let me talk to a person {MARK}",
    f"{MARK} {MARK} {MARK}",
    f"wo finde ich bitte eine klinik in meiner stadt {MARK}",
    f"{MARK} " * 90_000,
]
KINDS = {"answer", "crisis", "emergency", "distress", "medical_advice", "sourcing", "human", "abstain"}
HARDLY_HTTP = [
    f"{MARK}\r\n\r\n",
    f"GET /\x01{MARK} HTTP/1.1\r\nHost: x\r\n\r\n",
    f"GET / HTTP/{MARK}\r\n\r\n",
    f"GET / HTTP/1.1\r\n{MARK}\r\n\r\n",
    f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {MARK}\r\n\r\n",
    f"GET / HTTP/1.1\r\nHost: x\r\nX: {MARK * 2_000}\r\n\r\n",
]


@pytest.fixture
async def process(data_dir: Path) -> AsyncIterator[Process]:
    """A process of its own that logs all it ever logs."""
    async with serving(data_dir, HANDRAIL_LOG_LEVEL="debug") as process:
        yield process


async def ways_to_fail(visitor: Visitor) -> list[Got]:
    """Send the mark where it makes the server refuse; return the problem documents."""
    uid = str(uuid.uuid4())
    return [
        await visitor.call("POST", visitor.path("messages"), raw=f'{{"text": "{MARK}'.encode()),
        await visitor.call("POST", visitor.path("messages"), raw=MARK.encode() + b"\xff"),
        await visitor.post("messages", {"message_id": MARK, "text": MARK}),
        await visitor.post("messages", {"message_id": uid, "text": [MARK]}),
        await visitor.post("messages", {"message_id": uid, "text": MARK * 200_000}),
        await visitor.post("messages", MARK),
        await visitor.post("feedback", {"n": 1, "verdict": MARK}),
        await visitor.post("feedback", {"n": MARK, "verdict": "up"}),
        await visitor.call("POST", "/api/v1/conversations", {"country": MARK, "locale": MARK * 9, "page": [MARK]}),
        await visitor.call("POST", visitor.path("messages"), {"text": MARK}, Authorization=f"Bearer {MARK}"),
        await visitor.call("POST", visitor.path("messages"), {"text": MARK}, Origin=f"https://{MARK}.example"),
        await visitor.call("GET", f"/api/v1/conversations/{MARK}/transcript"),
        await visitor.call("GET", visitor.path(f"transcript?format={MARK}")),
        await visitor.call("GET", visitor.path("events"), Last_Event_ID=MARK),
        await visitor.call("GET", f"/{MARK}?{MARK}"),
        await visitor.call("GET", f"/static/{MARK}"),
        await visitor.call("PATCH", f"/api/v1/conversations/{MARK}"),
    ]


def events_in(err: str) -> list[str]:
    """Return the events logged on standard error, which also shows the progress of building an index."""
    return [json.loads(line)["event"] for line in err.splitlines() if line.startswith("{")]


async def send_raw(process: Process, request: str) -> None:
    """Send what is hardly HTTP, and wait for the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
    writer.write(request.encode("latin-1"))
    await writer.drain()
    await reader.read()
    writer.close()
    await writer.wait_closed()


async def test_what_is_said_is_in_no_log_line_and_no_counter(web_client: ClientSession, process: Process) -> None:
    """Every kind of turn leaves a log line that has neither the mark, nor the conversation's id, nor an address."""
    visitor = await Visitor(web_client, process).arrive(page=f"/{MARK}", locale=MARK)
    kinds = {(await visitor.say(text))["kind"] for text in SAID}
    await visitor.call("DELETE", visitor.path())
    counters = await visitor.call("GET", "/metrics")
    _, out, err = await process.stopped_by(signal.SIGTERM)

    assert kinds >= KINDS
    assert events_in(err).count("turn decided") == len(SAID)
    for secret in (MARK, visitor.id, visitor.token, "127.0.0.1"):
        assert secret not in err + counters.text
    assert MARK not in out


async def test_what_is_refused_is_in_no_log_line_and_no_problem_document(
    web_client: ClientSession, process: Process
) -> None:
    """Whatever the server can't read, it does not repeat."""
    visitor = await Visitor(web_client, process).arrive()
    await visitor.say("hello")
    refused = await ways_to_fail(visitor)
    _, _, err = await process.stopped_by(signal.SIGTERM)

    assert {got.status for got in refused} == {403, 404, 405, 413, 422}
    assert [got.text for got in refused if MARK in got.text] == []
    assert MARK not in err


async def test_what_is_hardly_http_is_in_no_log_line(process: Process) -> None:
    """The library that reads HTTP would quote such a request and its sender's address; our lines hold neither."""
    for request in HARDLY_HTTP:
        await send_raw(process, request)
    _, _, err = await process.stopped_by(signal.SIGTERM)

    assert MARK not in err
    assert "127.0.0.1" not in err
    assert set(events_in(err)) == {"a library reported a fault"}


async def test_a_fault_of_ours_is_logged_by_its_type_alone(
    site: Site, visitor: Visitor, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unforeseen error, whose message may hold anything, leaves its type and the pattern of the route."""

    async def fail(message: Message) -> Turn:
        raise RuntimeError(message.text)

    monkeypatch.setattr(site.app[CONVERSATIONS], "handle", fail)
    with caplog.at_level(logging.DEBUG):
        got = await visitor.post("messages", {"message_id": str(uuid.uuid4()), "text": MARK})

    assert got.status == 500
    assert MARK not in caplog.text
    assert visitor.id not in caplog.text


async def test_a_store_that_fails_is_logged_by_its_type_alone(
    site: Site, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    """A store whose error may hold anything leaves the type of it; the visitor is answered, and told nothing is kept."""
    site.store._kept = {MARK: MARK}  # type: ignore[assignment]
    with caplog.at_level(logging.DEBUG):
        got = await visitor.post("messages", {"message_id": str(uuid.uuid4()), "text": MARK})

    assert got.status == 200
    assert got.json["receipt"]["recorded"] is False
    assert MARK not in caplog.text


def test_a_task_that_fails_unseen_is_logged_without_its_words(capfd: pytest.CaptureFixture[str]) -> None:
    """A line of a library keeps its name, its level and the type of the error."""
    root, ours = logging.getLogger(), logging.getLogger("handrail")
    before = (root.handlers, root.level, ours.level)
    try:
        set_up_logs("info")
        logging.getLogger("asyncio").error("%s", MARK, exc_info=ValueError(MARK))
    finally:
        root.handlers, ours.level = before[0], before[2]
        root.setLevel(before[1])
    (line,) = capfd.readouterr().err.splitlines()

    assert MARK not in line
    assert json.loads(line) | {"timestamp": ""} == {
        "event": "a library reported a fault",
        "library": "asyncio",
        "error": "ValueError",
        "level": "error",
        "timestamp": "",
    }
