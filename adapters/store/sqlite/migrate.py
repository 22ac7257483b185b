"""Brings a database to the form of this version: numbered files, forward only, each run once, under a lock."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from bot.errors import StoreFromLater, StoreUnavailable

APPLICATION_ID = 0x48445231  # in the file's header, so that no other program's database is taken for ours: "HDR1"
_FOLDER = Path(__file__).with_name("migrations")
MIGRATIONS = tuple(sorted(_FOLDER.glob("[0-9]*.sql")))
VERSION = len(MIGRATIONS)


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of a database that is ours, or empty.

    Raises:
        StoreFromLater: a later version of Handrail wrote it.
        StoreUnavailable: another program wrote it.
    """
    [version] = connection.execute("PRAGMA user_version").fetchone()
    [application] = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID and (version or connection.execute("SELECT 1 FROM sqlite_master").fetchone()):
        raise StoreUnavailable("The database belongs to another program. Give another file with HANDRAIL_DATABASE_URL.")
    if version > VERSION:
        raise StoreFromLater
    return int(version)


def migrate(connection: sqlite3.Connection, upto: int = VERSION) -> None:
    """Run the migrations that a database lacks, all in one transaction; another process waits meanwhile.

    Raises:
        StoreFromLater: a later version of Handrail wrote the database.
    """
    if version_of(connection) >= upto:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for path in MIGRATIONS[version_of(connection) : upto]:  # read again: another process may just have done it
            for statement in _statements(path.read_text(encoding="utf-8")):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {max(upto, version_of(connection))}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script one by one: ``executescript`` would end the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
