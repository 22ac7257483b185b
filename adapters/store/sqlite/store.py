"""The store as a whole, opened and closed in one block."""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from adapters.store.sqlite.accounts import AccountsOnSqlite
from adapters.store.sqlite.connections import START_BUSY_MS, Synchronous, prepare
from adapters.store.sqlite.desk import DeskOnSqlite
from adapters.store.sqlite.faults import FAILURES, in_our_words
from adapters.store.sqlite.handoffs import HandoffsOnSqlite
from adapters.store.sqlite.outbox import OutboxOnSqlite
from adapters.store.sqlite.queries import load
from adapters.store.sqlite.relays import RelaysOnSqlite
from adapters.store.sqlite.transcript import TranscriptOnSqlite
from bot.errors import StoreUnavailable
from bot.ports import Changes

log = logging.getLogger("handrail")
_SQL = load("store")


class SqliteStore(TranscriptOnSqlite, HandoffsOnSqlite, OutboxOnSqlite, DeskOnSqlite, AccountsOnSqlite, RelaysOnSqlite):
    """``Store``, ``Inbox`` and ``Relays`` in one SQLite file."""

    @property
    def waiting(self) -> int:
        """How many writes wait for their commit, about."""
        return self._writer.waiting

    async def check(self) -> None:
        """See that something can be written now, by writing it."""

        def check(connection: sqlite3.Connection) -> None:
            connection.execute(_SQL["check"])

        await self._writer.run(check)


@contextlib.asynccontextmanager
async def open_store(
    path: Path,
    *,
    synchronous: Synchronous = "full",
    changes: Changes | None = None,
    on_fault: Callable[[StoreUnavailable], None] | None = None,
) -> AsyncIterator[SqliteStore]:
    """Open the store for as long as the block lasts; folder and file are made where they are missing.

    Args:
        path: the database file; two more stand beside it while it is open.
        synchronous: whether each commit waits for the disk (full), or may be lost when the power fails (normal).
        changes: told of every conversation in which something changed, after the commit.
        on_fault: told why the file cannot be opened now. The store is away then, and opens it as soon as it can.

    Raises:
        StoreUnavailable: it cannot be opened, and there is no ``on_fault``; the message says why.
    """
    try:
        await asyncio.to_thread(_make, path)
    except StoreUnavailable as error:
        if on_fault is None:
            raise
        on_fault(error)
    store = SqliteStore(path, synchronous, changes)
    try:
        yield store
    finally:
        await store.close()


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        prepare(path, busy_ms=START_BUSY_MS)
    except FAILURES as error:
        raise in_our_words(error) from error.__cause__
