"""The process is killed while it writes: everything it acknowledged is there, once, and every handoff has its alert."""

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.store.sqlite import open_store
from adapters.store.sqlite.connections import connect
from adapters.store.sqlite.writer import POINTS
from bot.model import ConversationId
from tests.conftest import ROOT

ROUNDS = 4  # of each kind; raise it to look for something rare
WRITERS = 8
LOAD_S = (0.02, 0.25)  # after the first acknowledgement; when the kill comes is drawn from these

# A child appends from several writers at once and prints what was acknowledged, each line by itself, in one system call.
CHILD = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from adapters.store.sqlite import open_store, writer
from bot.model import Handoff, Kind, Reply, Turn

PATH, WRITERS, SYNCHRONOUS = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
POINT, EARLY, NOON = sys.argv[4], sys.argv[5] == "early", datetime(2026, 11, 24, 12, tzinfo=UTC)

def say(line):
    os.write(1, (line + "\\n").encode())

async def write(store, who):
    here, n = f"c-{who}", 0
    while True:
        n += 1
        message = f"{sys.argv[6]}-{who}-{n}"
        turn = Turn(
            conversation_id=here, message_id=message, n=0, at=NOON, visitor_text="a question", answer_ids=(), score=0.5,
            kind=Kind.CRISIS if n % 3 == 0 else Kind.ANSWER, handoff=None, latched=False, reply=Reply(text="x" * 500), ms=1.0
        )
        handoff = None
        if n % 3 == 0:
            handoff = Handoff(conversation_id=here, kind=Kind.CRISIS, opened_at=NOON, urgent=True, message_ids=(message,))
        if EARLY:
            say(f"{here} {message}")
        await store.append(turn, handoff)
        if not EARLY:
            say(f"{here} {message}")
        if n == 40 and POINT:
            writer.at_point.append(lambda point: point == POINT and os.kill(os.getpid(), signal.SIGKILL))

async def main():
    async with open_store(PATH, synchronous=SYNCHRONOUS) as store:
        await asyncio.gather(*(write(store, who) for who in range(WRITERS)))

asyncio.run(main())
"""


async def killed(
    path: Path, *, synchronous: str = "full", point: str = "", early: bool = False, tag: str = "t"
) -> list[str]:
    """Run a child until it is killed, by itself at a point or by us at some moment; return what it acknowledged."""
    command = [sys.executable, "-c", CHILD, str(path), str(WRITERS), synchronous, point, "early" if early else "", tag]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    first = await asyncio.wait_for(process.stdout.readline(), 30)
    reading = asyncio.ensure_future(process.stdout.read())
    if not point:
        await asyncio.wait([reading], timeout=random.uniform(*LOAD_S))  # noqa: S311
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
    rest = await asyncio.wait_for(reading, 30)
    assert await process.wait() == -signal.SIGKILL
    lines = (first + rest).decode().split("\n")
    return [line for line in lines[:-1] if line]


async def recorded(path: Path) -> list[str]:
    """What is in the file after it was opened again, turn by turn; numbers have no gap and handoffs have alerts."""
    found = []
    async with open_store(path) as store:
        for who in range(WRITERS):
            here = ConversationId(f"c-{who}")
            turns = await store.of(here)
            assert [turn.n for turn in turns] == list(range(1, len(turns) + 1))
            found += [f"{here} {turn.message_id}" for turn in turns]
    with contextlib.closing(connect(path, mode="ro")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert _without_alert(connection) == []
    return found


def _without_alert(connection: sqlite3.Connection) -> list[tuple[int]]:
    """Conversations with a handoff and without an alert, or with turns that open a case and no handoff."""
    return connection.execute(
        "SELECT ref FROM conversation AS c WHERE is_crisis AND NOT EXISTS (SELECT 1 FROM alert WHERE conversation = c.ref) "
        "UNION ALL SELECT ref FROM conversation AS c WHERE "
        "(SELECT count(*) FROM handoff WHERE conversation = c.ref) "
        "<> (SELECT count(*) FROM entry WHERE conversation = c.ref AND kind = 'crisis')"
    ).fetchall()


@pytest.mark.parametrize("synchronous", ["full", "normal"])
async def test_what_was_acknowledged_survives_a_kill(tmp_path: Path, synchronous: str) -> None:
    """Round after round on the same file, at moments that nobody chose: none is lost and none is doubled."""
    path = tmp_path / "handrail.db"
    acknowledged: list[str] = []
    for number in range(ROUNDS):
        acknowledged += await killed(path, synchronous=synchronous, tag=f"r{number}")
    found = await recorded(path)
    assert len(found) == len(set(found))
    assert set(acknowledged) - set(found) == set()
    assert len(acknowledged) > ROUNDS * WRITERS


@pytest.mark.parametrize("point", POINTS)
async def test_a_kill_at_each_point_of_a_commit_loses_nothing(tmp_path: Path, point: str) -> None:
    """Before it begins, before it is made, after it was made and before anybody was told, and while nothing is done."""
    path = tmp_path / "handrail.db"
    acknowledged = await killed(path, point=point)
    found = await recorded(path)
    assert len(found) == len(set(found))
    assert set(acknowledged) - set(found) == set()
    if point == "after commit":
        assert len(set(found) - set(acknowledged)) > 0  # stored and not acknowledged: these the client sends again


async def test_a_store_that_acknowledges_early_is_seen_to_lose(tmp_path: Path) -> None:
    """The control: the same test finds what is lost when it is acknowledged before it is recorded."""
    lost = 0
    for number in range(ROUNDS):
        path = tmp_path / f"{number}.db"
        lost += len(set(await killed(path, early=True)) - set(await recorded(path)))
    assert lost > 0


def test_the_points_are_those_of_the_writer() -> None:
    """A point that was renamed would be killed at never, and prove nothing."""
    source = (ROOT / "adapters" / "store" / "sqlite" / "writer.py").read_text(encoding="utf-8")
    assert [point for point in POINTS if f'_reached("{point}")' not in source] == []
    assert os.name == "posix"
