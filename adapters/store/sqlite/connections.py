"""Opens connections to the file, each with what it needs set, and sees when the file was replaced meanwhile."""

import contextlib
import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from adapters.store.sqlite.migrate import migrate, version_of
from bot.errors import StoreUnavailable

Synchronous = Literal["full", "normal"]
BUSY_MS = 1_500  # to wait for another process; below what the core waits for the store (``STORE_S``)
START_BUSY_MS = 30_000  # at the start another process may be migrating a large file
CACHE_KIB = 16_384


@dataclass(frozen=True, slots=True)
class Identity:
    """Which files a connection holds open: the database's and its log's."""

    database: tuple[int, int]
    log: tuple[int, int]

    @classmethod
    def of(cls, path: Path) -> "Identity | None":
        """Return what is at a path now; None where a file is missing."""
        try:
            database, log = path.stat(), path.with_name(f"{path.name}-wal").stat()
        except OSError:
            return None
        return cls((database.st_dev, database.st_ino), (log.st_dev, log.st_ino))


def connect(path: Path, *, mode: Literal["ro", "rw"] = "rw", busy_ms: int = BUSY_MS) -> sqlite3.Connection:
    """Open a database that exists; transactions are begun and ended by hand."""
    address = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(address, uri=True, timeout=busy_ms / 1000, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute("PRAGMA temp_store = MEMORY")  # no text in temporary files
    return connection


def prepare(path: Path, *, busy_ms: int = BUSY_MS) -> None:
    """Make the file where it is missing, readable by its owner only, and bring it to the form of this version.

    Raises:
        StoreFromLater: a later version of Handrail wrote it.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with contextlib.closing(connect(path, busy_ms=busy_ms)) as connection:
        version_of(connection)  # before anything is changed in a file that may not be ours
        _log_ahead(connection, busy_ms)
        migrate(connection)


def open_writer(path: Path, synchronous: Synchronous) -> sqlite3.Connection:
    """Open the connection that writes."""
    prepare(path)
    connection = connect(path)
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA secure_delete = ON")  # erased text is overwritten, not only unlinked
    connection.execute("PRAGMA journal_size_limit = 16777216")
    connection.execute("SELECT 1 FROM sqlite_master").fetchone()  # opens the log, so that it can be told apart
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that only reads.

    Where there is no file, one is made: reading comes before writing, so nothing else would bring the store back.
    """
    if not path.exists():
        prepare(path)
    connection = connect(path, mode="ro")
    connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    return connection


def _log_ahead(connection: sqlite3.Connection, busy_ms: int) -> None:
    """Turn on the write-ahead log. SQLite does not wait here when another process does the same, so we do."""
    until = time.monotonic() + busy_ms / 1000
    while True:
        try:
            [mode] = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            break
    if mode != "wal":
        raise StoreUnavailable("The database cannot keep a write-ahead log here. Put it on a local disk.")
