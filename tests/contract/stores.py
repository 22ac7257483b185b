"""Each implementation of ``Store``, empty, for the contract tests."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from adapters.store.sqlite import open_store
from bot.memory import MemoryStore
from bot.ports import Store


@asynccontextmanager
async def in_memory(_folder: Path) -> AsyncIterator[Store]:
    """The store that ships without a database."""
    yield MemoryStore()


@asynccontextmanager
async def on_sqlite(folder: Path) -> AsyncIterator[Store]:
    """The default store."""
    async with open_store(folder / "handrail.db", synchronous="normal") as store:
        yield store


STORES: dict[str, Callable[[Path], AbstractAsyncContextManager[Store]]] = {"memory": in_memory, "sqlite": on_sqlite}
