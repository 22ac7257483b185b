"""``kill -9`` under load: what was acknowledged over HTTP is on record after the next start, once, with its alert.

Eight visitors write to ``serve`` with the small pack; it is killed at a random moment. Started again on the same files,
every message that was acknowledged is looked for in the transcript, and every handoff in the table of alerts.
"""

import asyncio
import contextlib
import itertools
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.environment import ROOT, console, goal
from benchmarks.load import STARTS, Connection, connect, get, start_server, wait_for

ROUNDS = 20
WRITERS = 8
LEAST_S, MOST_S = 0.3, 1.5  # of load before the kill
TEXTS = ("late fees", "can i talk to a person", "i want to kill myself", "how long can i keep a book", "thank you")


@dataclass
class Tally:
    """What was counted over all rounds."""

    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    unacknowledged: int = 0  # on record though the reply never came: why clients send the same id again
    handoffs: int = 0
    without_alert: int = 0
    repeated: int = 0  # messages sent again after the start that gave another turn than the first


@dataclass
class Writer:
    """A visitor, and which of their messages were acknowledged, with the number of the turn."""

    conversation: dict[str, Any]
    acknowledged: dict[str, int] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)


def main() -> None:
    """Kill and start in turns, count, and print."""
    tally, chance = Tally(), random.Random(3)
    with tempfile.TemporaryDirectory() as data_dir:
        for number in range(ROUNDS):
            writers = _round(Path(data_dir), chance.uniform(LEAST_S, MOST_S), tally)
            console.print(f"round {number + 1}: {sum(len(each.acknowledged) for each in writers)} acknowledged")
    console.print(tally)
    goal(f"none of {tally.acknowledged} acknowledged turns lost: {tally.lost}", met=tally.lost == 0)
    goal(f"none doubled: {tally.doubled + tally.repeated}", met=tally.doubled + tally.repeated == 0)
    goal(
        f"each of {tally.handoffs} waiting conversations has its alert: {tally.without_alert}", met=tally.without_alert == 0
    )


def _round(data_dir: Path, seconds: float, tally: Tally) -> list[Writer]:
    process, port = _serve(data_dir)
    writers = asyncio.run(_load(port, process, seconds))
    process.wait()
    process, port = _serve(data_dir)
    try:
        asyncio.run(_look(port, writers, tally))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
    _count_alerts(data_dir / "handrail.db", tally)
    return writers


async def _load(port: int, process: "subprocess.Popen[bytes]", seconds: float) -> list[Writer]:
    connections = await connect(port, WRITERS)
    writers = [Writer(await each.post(STARTS, {})) for each in connections]
    talks = [asyncio.create_task(_talk(each, one)) for each, one in zip(connections, writers, strict=True)]
    await asyncio.sleep(seconds)
    process.kill()
    await asyncio.gather(*talks)
    for each in connections:
        each.writer.close()
    return writers


async def _talk(connection: Connection, writer: Writer) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):  # the server was killed
        for number in itertools.count():
            message_id = str(uuid.uuid4())
            writer.sent.add(message_id)
            text = f"{TEXTS[number % len(TEXTS)]} {message_id}"
            turn = await connection.say(writer.conversation, text, message_id)
            if turn["receipt"]["recorded"]:
                writer.acknowledged[message_id] = turn["n"]


async def _look(port: int, writers: list[Writer], tally: Tally) -> None:
    [connection] = await connect(port, 1)
    for writer in writers:
        turns = await get(port, f"{STARTS}/{writer.conversation['id']}/transcript", writer.conversation["token"])
        found = [each["text"].split()[-1] for each in turns["turns"] if each["author"] == "visitor"]
        tally.acknowledged += len(writer.acknowledged)
        tally.lost += len(set(writer.acknowledged) - set(found))
        tally.doubled += len(found) - len(set(found))
        tally.unacknowledged += len(set(found) - set(writer.acknowledged))
        for message_id, n in list(writer.acknowledged.items())[:3]:
            turn = await connection.say(writer.conversation, "sent again", message_id)
            tally.repeated += turn["n"] != n
    connection.writer.close()


def _count_alerts(database: Path, tally: Tally) -> None:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        [tally.handoffs], [tally.without_alert] = (
            connection.execute(f"SELECT count(*) FROM conversation c WHERE owner = 'queued' {more}").fetchone()  # noqa: S608
            for more in ("", "AND NOT EXISTS (SELECT 1 FROM alert a WHERE a.conversation = c.ref)")
        )


def _serve(data_dir: Path) -> "tuple[subprocess.Popen[bytes], int]":
    command = [sys.executable, "run_bot.py", "serve", "--port"]
    environment = {
        "HANDRAIL_KNOWLEDGE": str(ROOT / "tests" / "packs" / "small"),
        "HANDRAIL_DATA_DIR": str(data_dir),
        "HANDRAIL_RATE_CONVERSATION": "1000000",
        "HANDRAIL_LOG_LEVEL": "error",
    }
    process, port = start_server(command, environment)
    wait_for(port, process)
    return process, port


if __name__ == "__main__":
    began = time.perf_counter()
    main()
    console.print(f"{time.perf_counter() - began:.0f} s")
