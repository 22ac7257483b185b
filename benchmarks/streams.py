"""10,000 idle event streams: what each costs the server, and how soon a person's reply comes down one of them.

The server is a process of its own: the web adapter on SQLite, with one more address through which this script speaks as the
responder, so that the path from the reply's commit to the visitor's stream is measured. The readers live in this process.
"""

import asyncio
import contextlib
import signal
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from adapters.store.sqlite import open_store
from adapters.web.parts import CLOCK, STORE, Parts
from adapters.web.server import make_app, make_runner
from benchmarks.environment import ROOT, console, goal
from benchmarks.load import STARTS, connect, share, start_server, wait_for
from bot.assembly import assemble
from bot.conversation import Conversations
from bot.handoff import Claimed
from bot.memory import FixedTeam, LocalChanges, SystemClock
from bot.model import ConversationId, MessageId, PersonSaid, Responder, ResponderId
from bot.settings import Settings

STREAMS = 10_000
REPLIES = 400
AT_ONCE = 100  # streams opened together
DANA = Responder(id=ResponderId("dana"), name="Dana")
KIB = 1024


def main() -> None:
    """Open the streams, measure, and print."""
    with tempfile.TemporaryDirectory() as data_dir:
        process, port = start_server([sys.executable, "-m", "benchmarks.streams", data_dir], {})
        try:
            wait_for(port, process)
            asyncio.run(_measure(port, process.pid))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


async def _measure(port: int, pid: int) -> None:
    [caller] = await connect(port, 1)
    conversations = [await caller.post(STARTS, {}) for _ in range(STREAMS)]
    before = _resident_kib(pid)
    readers = []
    for at in range(0, STREAMS, AT_ONCE):
        readers += await asyncio.gather(*(_listen(port, each) for each in conversations[at : at + AT_ONCE]))
    await asyncio.sleep(1)
    each_kib = (_resident_kib(pid) - before) / STREAMS
    seconds = []
    for at in range(0, STREAMS, STREAMS // REPLIES):
        began = time.perf_counter()
        said = asyncio.create_task(caller.post("/said", {"id": conversations[at]["id"]}))
        event = b""
        while b'"author"' not in event:
            event = await asyncio.wait_for(readers[at][0].readuntil(b"\r\n\r\n"), 30)
        seconds.append(time.perf_counter() - began)
        await said
    for _, writer in readers:
        writer.close()
    caller.writer.close()
    console.print(f"{STREAMS} streams: {each_kib:.1f} KiB each; {_resident_kib(pid) / KIB:.0f} MiB in all")
    console.print(
        f"{len(seconds)} replies: p50 {share(seconds, 0.5) * 1000:.1f} ms, p99 {share(seconds, 0.99) * 1000:.1f} ms"
    )
    goal(f"at most 16 KiB a stream: {each_kib:.1f}", met=each_kib <= 16)
    goal(f"a reply with a p99 under 50 ms: {share(seconds, 0.99) * 1000:.1f}", met=share(seconds, 0.99) < 0.05)


async def _listen(port: int, conversation: dict[str, str]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    path = f"{STARTS}/{conversation['id']}/events"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {conversation['token']}\r\n\r\n".encode())
    told = await reader.readuntil(b"\r\n\r\n")
    if not told.startswith(b"HTTP/1.1 200"):
        sys.exit(f"A stream was answered with {told[9:12]!r}")
    return reader, writer


def _resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


async def _serve(data_dir: Path, port: int) -> None:
    """Be the server that is measured."""
    core = assemble(ROOT / "tests" / "packs" / "small", data_dir)
    changes, clock, team = LocalChanges(), SystemClock(), FixedTeam()
    async with open_store(data_dir / "streams.db", changes=changes) as store:
        conversations = Conversations(
            book=core.book, searcher=core.searcher, triage=core.triage, transcript=store, clock=clock, team=team
        )
        parts = Parts(
            core=core,
            conversations=conversations,
            store=store,
            changes=changes,
            team=team,
            clock=clock,
            settings=Settings(max_conversations=2 * STREAMS),
        )
        app = make_app(parts)
        app.add_routes([web.post("/said", _said)])
        runner = make_runner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await stop.wait()
        await runner.cleanup()


async def _said(request: web.Request) -> web.Response:
    conversation_id = ConversationId((await request.json())["id"])
    store, now = request.app[STORE], request.app[CLOCK].now()
    await store.act(conversation_id, Claimed(by=DANA), now)
    said = PersonSaid(
        conversation_id=conversation_id,
        message_id=MessageId(str(uuid.uuid4())),
        at=datetime.now(UTC),
        responder=DANA.id,
        name=DANA.name,
        text="I am here.",
    )
    await store.say(said)
    return web.json_response({})


if __name__ == "__main__":
    if len(sys.argv) > 1:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_serve(Path(sys.argv[1]), int(sys.argv[2])))
    else:
        main()
