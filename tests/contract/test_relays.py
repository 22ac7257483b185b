"""What every implementation of ``Inbox`` and ``Relays`` must do."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.store.sqlite import SqliteStore, open_store
from bot.memory import MemoryStore
from bot.model import ConversationId
from bot.relays import Carried, Place
from tests.conftest import NOON, a_turn

HERE = ConversationId("c-1")
LATER, MUCH_LATER = NOON + timedelta(seconds=10), NOON + timedelta(seconds=60)
PLACE = Place(conversation_id=HERE, role="team", channel="C1", thread="1.1", posted_n=1)
CARRIED = Carried(conversation_id=HERE, channel="C1", ts="1.2", n=2)


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MemoryStore | SqliteStore]:
    """Each of them, empty."""
    if request.param == "memory":
        yield MemoryStore()
        return
    async with open_store(tmp_path / "handrail.db", synchronous="normal") as on_disk:
        yield on_disk


async def test_what_is_leased_or_done_is_not_received_again(store: MemoryStore | SqliteStore) -> None:
    """And what was left undone is, once its lease is over."""
    assert await store.received("k", "words", NOON, LATER)
    assert not await store.received("k", "words", NOON, LATER)
    assert await store.received("k", "words", LATER, MUCH_LATER)
    await store.finished("k")
    assert not await store.received("k", "words", MUCH_LATER + timedelta(hours=1), MUCH_LATER + timedelta(hours=2))


async def test_what_is_undone_is_given_out_once_for_each_lease(store: MemoryStore | SqliteStore) -> None:
    """Oldest first."""
    await store.received("a", "one", NOON, LATER)
    await store.received("b", "two", NOON + timedelta(seconds=1), LATER)
    assert await store.unfinished(NOON, LATER) == []
    assert list(await store.unfinished(LATER, MUCH_LATER)) == [("a", "one"), ("b", "two")]
    assert await store.unfinished(LATER, MUCH_LATER) == []
    await store.renew("b", MUCH_LATER + timedelta(seconds=1))
    assert [key for key, _ in await store.unfinished(MUCH_LATER, MUCH_LATER)] == ["a"]
    await store.renew("b", MUCH_LATER)
    await store.finished("a")
    assert list(await store.unfinished(MUCH_LATER, MUCH_LATER)) == [("b", "two")]


async def test_a_place_is_behind_until_all_is_posted(store: MemoryStore | SqliteStore) -> None:
    """What was posted never goes back."""
    await store.append(a_turn("m-1"))
    await store.append(a_turn("m-2"))
    await store.keep_place(PLACE)
    assert await store.place(HERE, "team") == PLACE
    assert await store.place_at("team", "C1", "1.1") == PLACE
    assert await store.place_at("asker", "C1", "1.1") is None
    assert list(await store.behind("team")) == [PLACE]
    await store.posted(HERE, "team", 2)
    await store.posted(HERE, "team", 1)
    assert list(await store.behind("team")) == []


async def test_what_was_passed_on_keeps_its_last_mark(store: MemoryStore | SqliteStore) -> None:
    """And its order."""
    await store.append(a_turn("m-1"))
    await store.carry(CARRIED)
    marked = Carried(conversation_id=HERE, channel="C1", ts="1.2", n=2, mark="seen")
    await store.carry(marked)
    assert list(await store.carried(HERE)) == [marked]


async def test_nothing_is_left_of_an_erased_conversation(store: MemoryStore | SqliteStore) -> None:
    """Nor is anything kept of it afterwards."""
    await store.append(a_turn("m-1"))
    await store.keep_place(PLACE)
    await store.carry(CARRIED)
    await store.erase(HERE, NOON)
    await store.keep_place(PLACE)
    await store.carry(CARRIED)
    assert await store.place(HERE, "team") is None
    assert await store.place_at("team", "C1", "1.1") is None
    assert list(await store.carried(HERE)) == []
    assert list(await store.behind("team")) == []
    assert list(await store.to_clear()) == [("C1", "1.1")]
    await store.cleared("C1", "1.1")
    assert list(await store.to_clear()) == []


async def test_text_that_is_done_is_in_no_file(tmp_path: Path) -> None:
    """Once the log is emptied, what somebody asked is not in the inbox any more."""
    path = tmp_path / "handrail.db"
    async with open_store(path) as store:
        await store.received("k", "marked-words" * 50, NOON, LATER)
        await store.finished("k")
    assert b"marked-words" not in b"".join(each.read_bytes() for each in path.parent.iterdir())
