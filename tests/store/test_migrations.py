"""Files of every earlier version are brought forward with what they hold; those of later ones are left alone."""

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.store.sqlite import open_store
from adapters.store.sqlite.connections import connect
from adapters.store.sqlite.migrate import MIGRATIONS, VERSION
from bot.errors import StoreDamaged, StoreFromLater, StoreUnavailable
from bot.handoff import Claimed
from bot.model import ConversationId, Kind, Owner
from bot.staff import Note
from tests.conftest import DANA, NOON, ROOT, a_turn
from tests.store.files import a_file_of, set_version

HERE = ConversationId("c-1")


def test_migrations_are_numbered_without_a_gap() -> None:
    """Their order is the order of their numbers, and the number of the last is the version."""
    assert [int(path.name[:4]) for path in MIGRATIONS] == list(range(1, VERSION + 1))


@pytest.mark.parametrize("version", range(1, VERSION + 1))
async def test_a_file_of_an_earlier_version_keeps_what_is_in_it(tmp_path: Path, version: int) -> None:
    """Turn, handoff, owner and alert are there afterwards, and everything new can be used."""
    path = tmp_path / "handrail.db"
    a_file_of(version, path)
    async with open_store(path) as store:
        [turn] = await store.of(HERE)
        assert (turn.kind, turn.visitor_text, turn.n, turn.at, turn.latched) == (Kind.CRISIS, "a question", 1, NOON, True)
        assert [handoff.opened_at for handoff in await store.opened(HERE)] == [NOON]
        assert (await store.standing(HERE)).owner is Owner.QUEUED
        assert await store.next_due() == NOON
        await store.act(HERE, Claimed(by=DANA), NOON)
        await store.add_note(Note(conversation_id=HERE, at=NOON, by=DANA.id, text="a note"))
        assert [line.did for line in await store.audited()] == ["noted", "claimed"]
    async with open_store(path) as store:
        assert len(await store.of(HERE)) == 1


async def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    """It is not opened, and not a byte of it is changed."""
    path = tmp_path / "handrail.db"
    a_file_of(VERSION, path)
    set_version(path, VERSION + 1)
    before = path.read_bytes()
    with pytest.raises(StoreFromLater):
        async with open_store(path):
            pass
    assert path.read_bytes() == before


async def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    """A wrong path must not put our tables beside somebody else's."""
    path = tmp_path / "other.db"
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (a)")
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match="another program"):
        async with open_store(path):
            pass
    assert path.read_bytes() == before


async def test_what_is_no_database_is_left_alone(tmp_path: Path) -> None:
    """The message says that it is damaged."""
    path = tmp_path / "handrail.db"
    path.write_bytes(b"dear diary " * 1000)
    with pytest.raises(StoreDamaged):
        async with open_store(path):
            pass
    assert path.read_bytes() == b"dear diary " * 1000


async def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    """All of them are one transaction: a table that is in the way leaves the file at its version."""
    path = tmp_path / "handrail.db"
    a_file_of(1, path)
    with contextlib.closing(connect(path)) as connection:
        connection.execute("CREATE TABLE account (in_the_way)")
    with pytest.raises(StoreUnavailable):
        async with open_store(path):
            pass
    with contextlib.closing(connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'audit'").fetchone() is None


START = """
import asyncio, sys
from pathlib import Path
from adapters.store.sqlite import open_store
from tests.conftest import a_turn

async def main() -> None:
    sys.stdin.readline()
    async with open_store(Path(sys.argv[1])) as store:
        await store.append(a_turn(sys.argv[2]))

print("ready", flush=True)
asyncio.run(main())
"""


@pytest.mark.parametrize("version", [0, 1])
async def test_processes_that_start_at_once_migrate_once(tmp_path: Path, version: int) -> None:
    """One of them does it, the others wait, and all of them work."""
    path = tmp_path / "handrail.db"
    if version:
        a_file_of(version, path)

    def start(name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", START, str(path), name]
        return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    processes = [start(f"p-{n}") for n in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert await asyncio.to_thread(process.stdout.readline) == b"ready\n"
    done = [await asyncio.to_thread(process.communicate, b"\n", 30) for process in processes]
    assert [(process.returncode, errors) for process, (_, errors) in zip(processes, done, strict=True)] == [(0, b"")] * 4
    async with open_store(path) as store:
        assert len(await store.of(HERE)) == 4 + version


async def test_the_audit_trail_can_not_be_changed(tmp_path: Path) -> None:
    """The database itself refuses, whoever asks."""
    path = tmp_path / "handrail.db"
    async with open_store(path) as store:
        await store.append(a_turn())
        await store.add_note(Note(conversation_id=HERE, at=NOON, by=DANA.id, text=""))
    with contextlib.closing(connect(path)) as connection:
        for change in (
            "UPDATE audit SET by = 'somebody'",
            "DELETE FROM audit",
            "REPLACE INTO audit (id, at, by, did) VALUES (1, 0, 'somebody', 'nothing')",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="only added to"):
                connection.execute(change)
        assert connection.execute("SELECT by FROM audit").fetchall() == [("dana",)]
