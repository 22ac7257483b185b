"""The one thread that writes: everything that waits goes into one commit, and is acknowledged after it."""

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from adapters.store.sqlite.connections import BUSY_MS, Identity, Synchronous, open_writer
from adapters.store.sqlite.faults import FAILURES, in_our_words, spoils
from adapters.store.sqlite.lanes import Job, Lane
from bot.errors import BotError
from bot.model import ConversationId

log = logging.getLogger("handrail")
POINTS = ("idle", "before begin", "before commit", "after commit")
at_point: list[Callable[[str], None]] = []  # called at each of these points; for tests that end the process there
ERASE_BUSY_MS = 200  # to wait for readers before the log is emptied
ERASE_AGAIN_S = 1.0  # and when to try again where they did not end


class Writer(Lane):
    """Writes. A job that raises takes nothing with it: its fellows are committed."""

    def __init__(self, path: Path, synchronous: Synchronous, notify: Callable[[ConversationId], None] | None = None) -> None:
        """Take whether each commit waits for the disk, and whom to tell of changes."""
        self._synchronous = synchronous
        self._connection: sqlite3.Connection | None = None
        self._identity: Identity | None = None
        super().__init__("writer", path, notify)

    def _take(self) -> tuple[list[Job], bool]:
        _reached("idle")
        return super()._take()

    def _run(self, batch: Sequence[Job]) -> None:
        connection = self._begun(batch)
        if connection is None:
            return
        try:
            self._commit(connection, batch)
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for it
            self._roll_back(connection, error)
            if len(batch) == 1 or isinstance(error, FileNotFoundError):
                _fail(batch, error)
            else:
                self._run_one_by_one(batch)
            return
        if self._patience_s is not None or any(job.erases and job.error is None for job in batch):
            self._empty_log(0 if self._patience_s else ERASE_BUSY_MS)

    def _run_one_by_one(self, batch: Sequence[Job]) -> None:
        """Give each job its own commit, so that the one which fails does so alone."""
        for job in batch:
            job.error = None
            if not job.future.done():
                self._run([job])

    def _begun(self, batch: Sequence[Job]) -> sqlite3.Connection | None:
        _reached("before begin")
        try:
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
        except (*FAILURES, BotError) as error:
            if spoils(error) or isinstance(error, BotError):
                self._shut()
            _fail(batch, error)
            return None
        return connection

    def _commit(self, connection: sqlite3.Connection, batch: Sequence[Job]) -> None:
        for job in batch:
            try:
                job.value = job.work(connection)
            except BotError as error:  # raised before anything of this job was written
                job.error = error
        _reached("before commit")
        connection.execute("COMMIT")
        _reached("after commit")
        if Identity.of(self._path) != self._identity:
            raise FileNotFoundError  # it went into a file that nobody will find again

    def _roll_back(self, connection: sqlite3.Connection, error: BaseException) -> None:
        with contextlib.suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        if spoils(error):
            self._shut()

    def _opened(self) -> sqlite3.Connection:
        """Return a connection to the file that is there now."""
        if self._connection is not None and Identity.of(self._path) != self._identity:
            log.error("database file gone", extra={"error": FileNotFoundError.__name__})
            self._shut()
        if self._connection is None:
            self._connection = open_writer(self._path, self._synchronous)
            self._identity = Identity.of(self._path)
        return self._connection

    def _at_rest(self) -> None:
        self._empty_log(0)

    def _empty_log(self, busy_ms: int) -> None:
        """Move all from the log into the database and cut the log to nothing: erased text must be in neither."""
        connection = self._connection
        if connection is None:
            return
        try:
            connection.execute(f"PRAGMA busy_timeout = {busy_ms}")
            [is_busy, *_] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        except sqlite3.Error as error:
            is_busy = 1
            if spoils(error):
                self._shut()
        self._patience_s = ERASE_AGAIN_S if is_busy else None

    def _shut(self) -> None:
        """Close the connection. Where only the log was deleted, what it held is saved into the database first."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with contextlib.suppress(sqlite3.Error):
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        with contextlib.suppress(sqlite3.Error):
            connection.close()


def _reached(point: str) -> None:
    for watcher in at_point:
        watcher(point)


def _fail(batch: Sequence[Job], error: BaseException) -> None:
    for job in batch:
        job.error = in_our_words(error)
