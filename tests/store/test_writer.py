"""The thread that writes: group commit, jobs that fail, tasks that go away, and the moment in which it goes idle."""

import asyncio
import contextlib
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from adapters.store.sqlite import SqliteStore, open_store, writer
from bot.errors import OwnerChanged, StoreUnavailable
from bot.memory import LocalChanges
from bot.model import ConversationId, Kind, MessageId
from tests.conftest import a_turn

HERE = ConversationId("c-1")
WAIT_S = 5.0


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """An empty store."""
    async with open_store(tmp_path / "handrail.db", synchronous="normal") as opened:
        yield opened


@contextlib.contextmanager
def at(point: str, act: Callable[[], None]) -> Iterator[None]:
    """Do something in the writer's thread whenever it comes to a point."""

    def watch(reached: str) -> None:
        if reached == point:
            act()

    writer.at_point.append(watch)
    try:
        yield
    finally:
        writer.at_point.remove(watch)


class Gate:
    """Holds the writer at a point until it is opened."""

    def __init__(self) -> None:
        """Begin closed."""
        self.reached, self._open = threading.Event(), threading.Event()

    def wait(self) -> None:
        """Stop here; in the writer's thread."""
        self.reached.set()
        assert self._open.wait(WAIT_S)

    def open(self) -> None:
        """Let the writer go on, now and from now on."""
        self._open.set()


async def test_what_waits_goes_into_one_commit(store: SqliteStore) -> None:
    """However many turns come while a commit is made, the next one takes them all."""
    commits: list[int] = []
    gate = Gate()
    with at("before begin", gate.wait), at("after commit", lambda: commits.append(1)):
        first = asyncio.ensure_future(store.append(a_turn("m-0")))
        await asyncio.to_thread(gate.reached.wait, WAIT_S)
        others = [asyncio.ensure_future(store.append(a_turn(f"m-{n}"))) for n in range(1, 50)]
        await asyncio.sleep(0)
        gate.open()
        await asyncio.wait_for(asyncio.gather(first, *others), WAIT_S)
    assert len(commits) == 2
    assert [turn.n for turn in await store.of(HERE)] == list(range(1, 51))


async def test_a_turn_that_comes_while_the_writer_goes_idle_is_written_at_once(store: SqliteStore) -> None:
    """It does not wait for the turn after it: each time the writer is about to wait, one more turn is brought."""
    loop = asyncio.get_running_loop()
    brought: list[asyncio.Future[object]] = []
    done = asyncio.Event()

    def bring() -> None:
        brought.append(asyncio.ensure_future(store.append(a_turn(f"m-{len(brought)}"))))
        if len(brought) == 200:
            done.set()

    def going_idle() -> None:
        if len(brought) < 200:
            loop.call_soon_threadsafe(bring)

    with at("idle", going_idle):
        await store.check()
        await asyncio.wait_for(done.wait(), WAIT_S)
    await asyncio.wait_for(asyncio.gather(*brought), WAIT_S)
    assert len(await store.of(HERE)) == 200


async def test_a_turn_after_each_silence_is_written_at_once(store: SqliteStore) -> None:
    """Turns that come one by one, each the moment the one before was acknowledged, all get through."""
    for n in range(300):
        await asyncio.wait_for(store.append(a_turn(f"m-{n}")), WAIT_S)
    assert len(await store.of(HERE)) == 300


async def test_a_refused_turn_takes_nothing_with_it(store: SqliteStore) -> None:
    """Of turns in one commit, those that fit are recorded and the other is refused."""
    turns = [a_turn("m-1"), a_turn("m-2", kind=Kind.RELAYED), a_turn("m-3")]
    outcomes = await asyncio.gather(*map(store.append, turns), return_exceptions=True)
    assert [type(each) for each in outcomes if isinstance(each, Exception)] == [OwnerChanged]
    assert [turn.message_id for turn in await store.of(HERE)] == ["m-1", "m-3"]


@pytest.mark.parametrize("half", [a_turn("\ud800"), a_turn("m-2", conversation="\udfff")])
async def test_half_a_character_is_refused_alone(store: SqliteStore, half: object) -> None:
    """No database takes it. Its sender is told so in words that do not repeat it, and the others are recorded."""
    turns = [a_turn("m-1"), half, a_turn("m-3")]
    outcomes = await asyncio.gather(*map(store.append, turns), return_exceptions=True)  # type: ignore[arg-type]
    [refused] = [each for each in outcomes if isinstance(each, Exception)]
    assert isinstance(refused, StoreUnavailable)
    assert refused.__cause__ is None
    assert "half a character" in str(refused)
    assert [(turn.message_id, turn.n) for turn in await store.of(HERE)] == [("m-1", 1), ("m-3", 2)]


async def test_a_fault_within_one_job_takes_nothing_with_it(store: SqliteStore) -> None:
    """What a job wrote before it failed is undone; the jobs beside it are committed."""

    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE conversation SET last_n = 99")
        connection.execute("SELECT * FROM nowhere")

    await store.append(a_turn("m-0"))
    one, failed, two = await asyncio.gather(
        store.append(a_turn("m-1")), store._writer.run(broken), store.append(a_turn("m-2")), return_exceptions=True
    )
    assert isinstance(failed, StoreUnavailable)
    assert [turn.n for turn in await store.of(HERE)] == [1, 2, 3]
    assert not isinstance(one, BaseException)
    assert not isinstance(two, BaseException)


async def test_a_task_that_goes_away_harms_nobody(store: SqliteStore) -> None:
    """A job whose waiter left before its turn is left out; one that had begun is finished; others are not held up."""
    gate = Gate()
    with at("before commit", gate.wait):
        begun = asyncio.ensure_future(store.append(a_turn("m-1")))
        await asyncio.to_thread(gate.reached.wait, WAIT_S)
        waiting, staying = (asyncio.ensure_future(store.append(a_turn(name))) for name in ("m-2", "m-3"))
        await asyncio.sleep(0)
        begun.cancel()
        waiting.cancel()
        gate.open()
        await asyncio.wait_for(staying, WAIT_S)
    assert [turn.message_id for turn in await store.of(HERE)] == ["m-1", "m-3"]


async def test_the_event_loop_runs_no_sql(store: SqliteStore) -> None:
    """While a commit takes its time the loop goes on, and readers too."""
    await store.append(a_turn("m-1"))
    gate = Gate()
    with at("before commit", gate.wait):
        waiting = asyncio.ensure_future(store.append(a_turn("m-2")))
        await asyncio.to_thread(gate.reached.wait, WAIT_S)
        assert len((await asyncio.wait_for(store.record(HERE, MessageId("m-9")), WAIT_S)).turns) == 1
        gate.open()
        await asyncio.wait_for(waiting, WAIT_S)


async def test_whoever_watches_is_woken_after_the_commit(tmp_path: Path) -> None:
    """What they then read is there; a watcher that fails keeps nobody else asleep."""
    changes = LocalChanges()
    woken: list[str] = []

    def fail() -> None:
        raise ValueError

    async with open_store(tmp_path / "handrail.db", changes=changes) as store:
        with changes.watch(HERE, fail), changes.watch(ConversationId("c-2"), lambda: woken.append("c-2")):
            await asyncio.gather(store.append(a_turn()), store.append(a_turn(conversation="c-2")))
    assert woken == ["c-2"]


async def test_closing_finishes_what_waits(tmp_path: Path) -> None:
    """Everything that was asked for before is written; afterwards the store says that it is closed."""
    path = tmp_path / "handrail.db"
    async with open_store(path) as store:
        waiting = [asyncio.ensure_future(store.append(a_turn(f"m-{n}"))) for n in range(20)]
        await asyncio.sleep(0)
    assert len(await asyncio.gather(*waiting)) == 20
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.append(a_turn("m-99"))
    assert os.listdir(tmp_path) == ["handrail.db"]  # noqa: PTH208 - no folder that a test has to wait for
    async with open_store(path) as store:
        assert len(await store.of(HERE)) == 20


async def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    """Nobody else on the machine may read what visitors wrote."""
    path = tmp_path / "data" / "handrail.db"
    async with open_store(path) as store:
        await store.append(a_turn())
        modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    assert modes == {"handrail.db": 0o600, "handrail.db-wal": 0o600, "handrail.db-shm": 0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700
