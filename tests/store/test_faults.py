"""What goes wrong with files and disks: a clear error, nothing acknowledged that was not stored, and then it works again."""

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from adapters.store.sqlite import SqliteStore, open_store
from adapters.store.sqlite.connections import BUSY_MS, connect
from adapters.store.sqlite.migrate import VERSION
from bot.conversation import STORE_S
from bot.errors import StoreDamaged, StoreFromLater, StoreUnavailable
from bot.model import ConversationId, MessageId
from tests.conftest import ROOT, a_turn
from tests.store.files import a_disk, remount, set_version

HERE = ConversationId("c-1")
LONG = "x" * 20_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "handrail.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    """A store with one turn in it."""
    async with open_store(path) as opened:
        await opened.append(a_turn("m-0"))
        yield opened


async def fill(store: SqliteStore, most: int = 3_000) -> tuple[list[MessageId], StoreUnavailable]:
    """Record turns until the store cannot take one more; return what was acknowledged, and why it stopped."""
    acknowledged = [MessageId("m-0")]
    for n in range(1, most):
        try:
            turn = await store.append(a_turn(f"m-{n} {LONG}"))
        except StoreUnavailable as error:
            return acknowledged, error
        acknowledged.append(turn.message_id)
    pytest.fail("the disk was not full")


async def stored(store: SqliteStore) -> list[MessageId]:
    """The ids of what is in the file."""
    return [turn.message_id for turn in await store.of(HERE)]


async def test_a_full_database_says_so_and_goes_on_when_there_is_room(store: SqliteStore) -> None:
    """Everything acknowledged is there, nothing else, and what others read is not disturbed."""

    def allow(pages: int) -> None:
        assert store._writer._connection is not None
        store._writer._connection.execute(f"PRAGMA max_page_count = {pages}")

    await store._writer.run(lambda _connection: allow(100))
    acknowledged, error = await fill(store)
    assert "disk is full" in str(error)
    assert await stored(store) == acknowledged
    outcomes = await asyncio.gather(*(store.append(a_turn(f"n-{n} {LONG}")) for n in range(5)), return_exceptions=True)
    assert {type(each) for each in outcomes} == {StoreUnavailable}
    allow(1_000_000)
    await store.append(a_turn("m-last"))
    assert await stored(store) == [*acknowledged, "m-last"]


async def test_a_full_disk_says_so_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    """The same on a real disk without room, where the log cannot grow."""
    with a_disk(tmp_path / "disk") as disk:
        async with open_store(disk / "handrail.db") as store:
            await store.append(a_turn("m-0"))
            ballast = disk / "ballast"
            ballast.write_bytes(bytes(2_000_000))
            acknowledged, error = await fill(store)
            assert "disk" in str(error)
            assert await stored(store) == acknowledged
            with pytest.raises(StoreUnavailable):
                await store.append(a_turn(f"more {LONG * 10}"))
            ballast.unlink()
            await store.check()
            await store.append(a_turn("m-last"))
            assert await stored(store) == [*acknowledged, "m-last"]
        async with open_store(disk / "handrail.db") as store:
            assert await stored(store) == [*acknowledged, "m-last"]


async def test_a_start_on_a_full_disk_says_so(tmp_path: Path) -> None:
    """No half-made file is left that the next start could not use."""
    with a_disk(tmp_path / "disk", size="64k") as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(48_000))
        with pytest.raises(StoreUnavailable, match="disk"):
            async with open_store(disk / "handrail.db"):
                pass
        remount(disk, "rw,size=4m")
        async with open_store(disk / "handrail.db") as store:
            await store.append(a_turn("m-0"))


async def test_a_disk_that_becomes_read_only_says_so_and_goes_on_afterwards(tmp_path: Path) -> None:
    """As after an error of the file system: reading goes on, writing is refused until it is mounted for writing again."""
    with a_disk(tmp_path / "disk") as disk:
        async with open_store(disk / "handrail.db") as store:
            await store.append(a_turn("m-0"))
        remount(disk, "ro")
        with pytest.raises(StoreUnavailable):
            async with open_store(disk / "handrail.db"):
                pass
        remount(disk, "rw")
        async with open_store(disk / "handrail.db") as store:
            assert await stored(store) == ["m-0"]
            await store.append(a_turn("m-1"))


async def test_a_file_that_may_not_be_written_says_so_and_goes_on_afterwards(store: SqliteStore) -> None:
    """SQLite is told that the file is read-only, as when its owner changed."""

    def read_only(connection: sqlite3.Connection) -> None:
        connection.execute("COMMIT")
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")

    await store._writer.run(read_only)
    with pytest.raises(StoreUnavailable, match="cannot be written to"):
        await store.append(a_turn("m-1"))
    await store.append(a_turn("m-2"))  # on a new connection, which may
    assert await stored(store) == ["m-0", "m-2"]


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
"""


@contextlib.contextmanager
def held(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process holds the database locked."""
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        try:
            yield process
        finally:
            process.kill()


async def test_a_locked_database_says_so_before_the_core_gives_up(path: Path, store: SqliteStore) -> None:
    """All that wait are told at once, reading goes on, and writing too when the other process lets go."""
    assert BUSY_MS / 1000 < STORE_S
    with held(path):
        writing = [store.append(a_turn(f"m-{n}")) for n in (1, 2, 3)]
        async with asyncio.timeout(STORE_S):
            outcomes = await asyncio.gather(*writing, return_exceptions=True)
        assert {str(each) for each in outcomes} == {"Another process holds the database locked."}
        assert await stored(store) == ["m-0"]
    await store.append(a_turn("m-4"))
    assert await stored(store) == ["m-0", "m-4"]


async def test_a_lock_that_ends_in_time_is_only_waited_for(path: Path, store: SqliteStore) -> None:
    """A back-up or a command beside the server costs a moment."""
    with held(path) as process:
        writing = asyncio.ensure_future(store.append(a_turn("m-1")))
        await asyncio.sleep(0)
        process.kill()
        await asyncio.wait_for(writing, STORE_S)
    assert await stored(store) == ["m-0", "m-1"]


async def test_a_file_from_a_later_version_is_not_written_to(path: Path, store: SqliteStore) -> None:
    """Also where it comes while the server runs: the connection that is opened next refuses it."""
    aside = path.with_name("aside.db")
    with contextlib.closing(connect(path)) as now, contextlib.closing(sqlite3.connect(aside)) as copy:
        now.backup(copy)
    set_version(aside, VERSION + 1)
    aside.replace(path)
    for _ in range(2):
        with pytest.raises(StoreUnavailable) as raised:
            await store.append(a_turn("m-1"))
    assert isinstance(raised.value, StoreFromLater)
    set_version(path, VERSION)
    await store.append(a_turn("m-2"))
    assert await stored(store) == ["m-0", "m-2"]


async def test_a_file_that_is_deleted_is_missed_before_anything_is_acknowledged(path: Path, store: SqliteStore) -> None:
    """What was in it is gone; what is acknowledged from then on is in the new one."""
    for each in path.parent.iterdir():
        each.unlink()
    acknowledged = []
    for n in range(1, 4):
        with contextlib.suppress(StoreUnavailable):
            acknowledged.append((await store.append(a_turn(f"m-{n}"))).message_id)
    assert acknowledged
    assert await stored(store) == acknowledged
    with contextlib.closing(connect(path, mode="ro")) as other:
        assert other.execute("SELECT count(*) FROM entry").fetchone() == (len(acknowledged),)


async def test_a_file_that_is_deleted_within_a_commit_is_not_acknowledged(path: Path, store: SqliteStore) -> None:
    """The turn went into a file that nobody will find again, so its sender must hear that it was not recorded."""
    with pytest.raises(StoreUnavailable):
        await store._writer.run(lambda _connection: path.unlink())
    await store.append(a_turn("m-1"))
    assert await stored(store) == ["m-1"]


async def test_reading_alone_finds_the_file_again(path: Path, store: SqliteStore) -> None:
    """A message is read for before it is written: where reading failed for good, nothing would be written any more."""
    for each in path.parent.iterdir():
        each.unlink()
    assert (await store.record(HERE, MessageId("m-1"))).turns == ()
    await store.append(a_turn("m-1"))
    assert len((await store.record(HERE, MessageId("m-2"))).turns) == 1


async def test_a_log_that_is_deleted_loses_nothing(path: Path, store: SqliteStore) -> None:
    """What it held is still in the hands of the process, and is saved into the database before it goes on."""
    await store.append(a_turn("m-1"))
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink()
    acknowledged = ["m-0", "m-1"]
    for n in range(2, 5):
        with contextlib.suppress(StoreUnavailable):
            acknowledged.append((await store.append(a_turn(f"m-{n}"))).message_id)
    assert set(acknowledged) <= set(await stored(store))
    with contextlib.closing(connect(path, mode="ro")) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_replaced_file_does_not_cost_the_new_one_its_log(path: Path, store: SqliteStore) -> None:
    """The store lets go of the former file without deleting the log of the file that has its name now."""
    other = path.with_name("other.db")
    async with open_store(other) as another:
        await another.append(a_turn("from the other"))
    path.with_name(f"{path.name}-wal").unlink()
    path.with_name(f"{path.name}-shm").unlink()
    other.replace(path)
    with contextlib.closing(connect(path)) as beside:  # another process, which has written to its log already
        beside.execute("UPDATE checked SET times = 0")
        beside.execute("DELETE FROM alert")
        await store.append(a_turn("m-1"))
        assert await stored(store) == ["from the other", "m-1"]
        assert beside.execute("SELECT count(*) FROM entry").fetchone() == (2,)


async def test_a_missing_folder_says_so_and_goes_on_when_it_is_there(path: Path) -> None:
    """A disk that was not mounted must not be written beside."""
    folder = path.parent / "data"
    async with open_store(folder / "handrail.db") as store:
        await store.append(a_turn("m-0"))
        folder.rename(path.parent / "moved")
        for call in (store.append(a_turn("m-1")), store.record(HERE, MessageId("m-1")), store.check()):
            with pytest.raises(StoreUnavailable, match="folder"):
                await call
        (path.parent / "moved").rename(folder)
        await store.append(a_turn("m-2"))
        assert await stored(store) == ["m-0", "m-2"]


async def test_a_start_can_go_on_without_a_database(tmp_path: Path) -> None:
    """Danger must get its reply after a restart too; what cannot be recorded is not, until the cause ends."""
    (tmp_path / "handrail.db").write_bytes(b"dear diary" * 900)
    async with open_store(tmp_path / "handrail.db", on_fault=lambda _error: None) as store:
        for _ in range(2):
            with pytest.raises(StoreDamaged):
                await store.append(a_turn("m-0"))
            with pytest.raises(StoreDamaged):
                await store.record(HERE, MessageId("m-0"))
        (tmp_path / "handrail.db").unlink()
        await store.append(a_turn("m-1"))
        assert await stored(store) == ["m-1"]


@pytest.mark.parametrize("damage", ["middle", "truncated", "beginning"])
async def test_a_damaged_file_says_so(path: Path, damage: str) -> None:
    """Overwritten pages, a file that was cut, one that is none any more: neither read nor written as if nothing were."""
    async with open_store(path) as store:
        for n in range(40):
            await store.append(a_turn(f"m-{n} {LONG[:3_000]}"))
    spoil(path, damage)
    with pytest.raises(StoreDamaged):
        await write_and_read(path)


def spoil(path: Path, damage: str) -> None:
    """Damage a file."""
    size = path.stat().st_size
    with path.open("rb+") as file:
        if damage == "truncated":
            file.truncate(size // 2)
        else:
            file.seek(0 if damage == "beginning" else size // 8)
            file.write(os.urandom(size // 2))


async def write_and_read(path: Path) -> None:
    """Open a store, say something, and read all that was said."""
    async with open_store(path) as store:
        for n in range(40):
            await store.append(a_turn(f"n-{n} {LONG[:3_000]}"))
        await store.of(HERE)


async def test_a_damaged_row_says_so_without_repeating_it(store: SqliteStore) -> None:
    """What no longer can be read is neither in the error nor in what caused it."""

    def damage(connection: sqlite3.Connection) -> None:
        connection.execute("""UPDATE entry SET payload = '{"id": marked-words'""")

    await store._writer.run(damage)
    for call in (store.of(HERE), store.record(HERE, MessageId("new")), store.record(HERE, MessageId("m-0"))):
        with pytest.raises(StoreDamaged) as raised:
            await call
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__
    await store.append(a_turn("m-1", conversation="c-2"))


async def test_text_that_is_not_text_any_more_says_so_without_repeating_it(store: SqliteStore) -> None:
    """SQLite's own error would quote it."""

    def damage(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE entry SET payload = CAST(x'ff' || 'marked-words' AS TEXT)")

    await store._writer.run(damage)
    with pytest.raises(StoreDamaged) as raised:
        await store.of(HERE)
    assert raised.value.__cause__ is None
    assert "marked" not in str(raised.value)
    assert await store.standing(HERE) is not None
