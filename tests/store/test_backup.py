"""Back-ups are made and put back while another process serves from the database."""

import asyncio
import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.store.sqlite import back_up, open_store, restore
from adapters.store.sqlite.connections import connect
from adapters.store.sqlite.migrate import VERSION
from bot.errors import StoreDamaged, StoreFromLater, StoreUnavailable
from bot.model import ConversationId, Turn
from tests.conftest import ROOT, a_turn
from tests.store.files import a_disk, a_file_of, set_version

HERE = ConversationId("c-1")
NOW = datetime(2026, 11, 24, 12, 30, 5, tzinfo=UTC)

# A server that records a turn for each line it is given, and says how many it has then, or which error there was.
SERVER = """
import asyncio, sys
from pathlib import Path
from adapters.store.sqlite import open_store
from bot.errors import StoreUnavailable
from bot.model import ConversationId, Turn
from tests.conftest import a_turn

async def main():
    async with open_store(Path(sys.argv[1])) as store:
        print("ready", flush=True)
        while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
            try:
                await store.append(a_turn(line))
                record = await store.record(ConversationId("c-1"), "new")
                print(*(turn.message_id for turn in record.turns), flush=True)
            except StoreUnavailable as error:
                print(type(error).__name__, flush=True)

asyncio.run(main())
"""


class Server:
    """Another process that serves from the database."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Take the process."""
        self._process = process

    async def read(self) -> str:
        """Return the next line."""
        assert self._process.stdout is not None
        return (await asyncio.wait_for(self._process.stdout.readline(), 30)).decode().strip()

    async def append(self, message_id: str) -> str:
        """Have a turn recorded, and return the ids of all that are there."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{message_id}\n".encode())
        return await self.read()


@contextlib.asynccontextmanager
async def serving(path: Path) -> AsyncIterator[Server]:
    """Serve from a database in another process."""
    command = [sys.executable, "-c", SERVER, str(path)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    server = Server(process)
    try:
        assert await server.read() == "ready"
        yield server
        assert process.stdin is not None
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 30) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


async def turns_in(path: Path) -> list[str]:
    """The ids of what is in a file."""
    async with open_store(path) as store:
        return [turn.message_id for turn in await store.of(HERE)]


def size_of(path: Path) -> int:
    """How long a file is."""
    return path.stat().st_size


async def test_a_back_up_is_made_while_another_process_writes(tmp_path: Path) -> None:
    """It holds what was acknowledged before; it is one file, readable by its owner only; progress is told to the end."""
    path, copy = tmp_path / "handrail.db", tmp_path / "copy.db"
    told: list[tuple[int, int]] = []
    async with serving(path) as server:
        for n in range(1, 4):
            await server.append(f"m-{n}")
        await asyncio.to_thread(back_up, path, copy, lambda done, total: told.append((done, total)))
        assert await server.append("m-4") == "m-1 m-2 m-3 m-4"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sorted(os.listdir(tmp_path)) == ["copy.db", "handrail.db"]  # noqa: PTH208
    assert told[-1][0] == told[-1][1] > 0
    assert await turns_in(copy) == ["m-1", "m-2", "m-3"]


async def test_writers_do_not_disturb_a_back_up(tmp_path: Path) -> None:
    """It is of one moment, however much is written between its steps, and it ends."""
    path, copy = tmp_path / "handrail.db", tmp_path / "copy.db"
    async with open_store(path, synchronous="normal") as store:
        for n in range(300):
            await store.append(a_turn(f"m-{n} {'x' * 20_000}"))
        loop = asyncio.get_running_loop()
        steps: list[Turn] = []

        def write(_done: int, _total: int) -> None:
            steps.append(asyncio.run_coroutine_threadsafe(store.append(a_turn(f"new-{len(steps)}")), loop).result(5))

        await asyncio.to_thread(back_up, path, copy, write)
    assert steps
    assert len(await turns_in(copy)) == 300
    assert len(await turns_in(path)) == 300 + len(steps)


async def test_a_back_up_replaces_no_file(tmp_path: Path) -> None:
    """Whatever is there already stays, to the last byte."""
    path, copy = tmp_path / "handrail.db", tmp_path / "copy.db"
    a_file_of(VERSION, path)
    copy.write_bytes(b"precious")
    with pytest.raises(StoreUnavailable, match="already"):
        back_up(path, copy)
    assert copy.read_bytes() == b"precious"


def test_a_back_up_of_what_is_not_there_says_so(tmp_path: Path) -> None:
    """And leaves nothing behind."""
    with pytest.raises(StoreUnavailable, match="no such file"):
        back_up(tmp_path / "nothing.db", tmp_path / "copy.db")
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_a_back_up_of_a_damaged_database_is_none(tmp_path: Path) -> None:
    """The operator learns of it when there still is an older one."""
    path = tmp_path / "handrail.db"
    a_file_of(VERSION, path)
    damage(path)
    with pytest.raises(StoreDamaged):
        back_up(path, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_a_back_up_to_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    """The message says what is wrong, and the next attempt can use the same name."""
    path = tmp_path / "handrail.db"
    a_file_of(VERSION, path)
    with a_disk(tmp_path / "disk", size="32k") as disk:
        with pytest.raises(StoreUnavailable, match="disk"):
            back_up(path, disk / "copy.db")
        assert os.listdir(disk) == []  # noqa: PTH208


async def test_a_process_that_serves_goes_on_with_what_was_restored(tmp_path: Path) -> None:
    """It neither fails nor mixes the two, also where it had read the conversation before; the former is kept."""
    path, copy = tmp_path / "handrail.db", tmp_path / "copy.db"
    async with serving(path) as server:
        for n in range(1, 4):
            await server.append(f"m-{n}")
        await asyncio.to_thread(back_up, path, copy)
        for n in range(4, 7):
            await server.append(f"m-{n}")
        former = await asyncio.to_thread(lambda: restore(copy, path, now=NOW))
        assert former == tmp_path / "handrail.db.2026-11-24T12-30-05Z.before-restore"
        assert await server.append("n-4") == "m-1 m-2 m-3 n-4"
        for n in range(5, 8):
            await server.append(f"n-{n}")
        assert await server.append("n-8") == "m-1 m-2 m-3 n-4 n-5 n-6 n-7 n-8"
    assert len(await turns_in(path)) == 8
    assert len(await turns_in(former)) == 6


async def test_a_back_up_is_restored_where_there_is_no_database(tmp_path: Path) -> None:
    """On a new machine there is nothing to keep."""
    copy, path = tmp_path / "copy.db", tmp_path / "new" / "handrail.db"
    a_file_of(VERSION, tmp_path / "old.db")
    back_up(tmp_path / "old.db", copy)
    assert restore(copy, path) is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert await turns_in(path) == ["m-1"]


@pytest.mark.parametrize("version", range(1, VERSION))
async def test_a_back_up_of_an_earlier_version_is_brought_forward(tmp_path: Path, version: int) -> None:
    """The back-up itself stays as it is."""
    copy, path = tmp_path / "copy.db", tmp_path / "handrail.db"
    a_file_of(version, copy)
    async with serving(path) as server:
        await server.append("m-9")
        await asyncio.to_thread(restore, copy, path)
        assert await server.append("m-2") == "m-1 m-2"
    with contextlib.closing(connect(copy, mode="ro")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (version,)


def damage(path: Path) -> None:
    """Overwrite pages in the middle of a file."""
    size = size_of(path)
    with path.open("rb+") as file:
        file.seek(size // 4)
        file.write(os.urandom(size // 2))


def of_another_program(path: Path) -> None:
    """Write somebody else's database."""
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (a)")


def cut(path: Path) -> None:
    """Leave half of a file, as when copying it was broken off."""
    os.truncate(path, size_of(path) // 2)


def garble(path: Path) -> None:
    """Change what was said so that it cannot be read, while every page is as SQLite wants it."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE entry SET payload = '{'")


FAULTS = {
    "damaged": (damage, StoreDamaged),
    "cut": (cut, StoreDamaged),
    "garbled": (garble, StoreDamaged),
    "no database": (lambda path: path.write_bytes(b"dear diary" * 900), StoreDamaged),
    "empty": (lambda path: path.write_bytes(b""), StoreUnavailable),
    "another program": (of_another_program, StoreUnavailable),
    "later": (lambda path: set_version(path, VERSION + 1), StoreFromLater),
    "missing": (lambda path: path.unlink(), StoreUnavailable),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_what_is_no_whole_back_up_of_ours_is_refused(tmp_path: Path, fault: str) -> None:
    """Then nothing was changed, and nothing is left lying about."""
    copy, path = tmp_path / "copy.db", tmp_path / "handrail.db"
    a_file_of(VERSION, path)
    back_up(path, copy)
    spoil, error = FAULTS[fault]
    spoil(copy)
    with pytest.raises(error) as raised:
        restore(copy, path)
    assert type(raised.value) is error
    assert not [name for name in os.listdir(tmp_path) if "before" in name or name.startswith(".")]  # noqa: PTH208
    assert await turns_in(path) == ["m-1"]


async def test_a_damaged_database_is_replaced_when_nobody_has_it_open(tmp_path: Path) -> None:
    """It is kept under its dated name with its log, for whoever can still read something out of it."""
    copy, path = tmp_path / "copy.db", tmp_path / "handrail.db"
    a_file_of(VERSION, path)
    back_up(path, copy)
    path.write_bytes(b"dear diary" * 900)
    former = restore(copy, path, now=NOW)
    assert former is not None
    assert former.read_bytes() == b"dear diary" * 900
    assert await turns_in(path) == ["m-1"]


async def test_a_damaged_database_that_is_in_use_is_not_replaced(tmp_path: Path) -> None:
    """Its process would go on writing to a file without a name. The operator is told to stop it first."""
    copy, path = tmp_path / "copy.db", tmp_path / "handrail.db"
    async with serving(path) as server:
        await server.append("m-1")
        await asyncio.to_thread(back_up, path, copy)
        with path.open("rb+") as file:
            file.write(b"dear diary" * 9)
        with pytest.raises(StoreUnavailable, match="Stop Handrail"):
            await asyncio.to_thread(restore, copy, path)
    assert path.read_bytes().startswith(b"dear diary")
    assert restore(copy, path) is not None
    assert await turns_in(path) == ["m-1"]
