"""Copies of database files: made page by page in one reading, checked, and given their name only when they are whole."""

import contextlib
import errno
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from adapters.store.codec import decode_entry, decode_standing
from adapters.store.sqlite.connections import connect
from adapters.store.sqlite.migrate import APPLICATION_ID, version_of
from adapters.store.sqlite.queries import load
from bot.errors import StoreDamaged, StoreUnavailable
from bot.model import ConversationId

Progress = Callable[[int, int], None]  # pages done, pages in all
PAGES = 2_000  # copied between two calls of ``Progress``
BESIDE = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a file, by what it adds to the name
_SQL = load("restore")
_SOME = ConversationId("")


def existing(path: Path) -> sqlite3.Connection:
    """Open a file for reading.

    Raises:
        StoreUnavailable: there is none.
    """
    if not path.is_file():
        raise StoreUnavailable("There is no such file.")
    return connect(path, mode="ro")


def copy_pages(source: sqlite3.Connection, copy: sqlite3.Connection, progress: Progress) -> None:
    """Copy all pages as they are at this moment. The open reading keeps them so, and holds up nobody who writes."""
    source.execute("BEGIN")
    source.execute("SELECT 1 FROM sqlite_master").fetchone()
    source.backup(copy, pages=PAGES, progress=lambda _status, left, total: progress(total - left, total))
    source.execute("ROLLBACK")


def check(connection: sqlite3.Connection) -> None:
    """See that a database is ours and whole: its pages, and whether what was said can be read.

    Raises:
        StoreDamaged: it is not whole.
        StoreFromLater: a later version of Handrail wrote it.
        StoreUnavailable: it is not ours.
    """
    if connection.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,) or version_of(connection) == 0:
        raise StoreUnavailable("That file is no database of Handrail.")
    if connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
        raise StoreDamaged
    for form, n, payload in connection.execute(_SQL["all_entries"]):
        decode_entry(form, payload, conversation_id=_SOME, n=n)
    for (standing,) in connection.execute(_SQL["all_standings"]):
        decode_standing(standing, conversation_id=_SOME)


def become_one_file(path: Path) -> None:
    """Leave nothing of a database beside its file."""
    with contextlib.closing(connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


@contextlib.contextmanager
def part_of(target: Path) -> Iterator[Path]:
    """Give a new empty file beside a target, for its owner only; it is gone after the block, with what stands beside it."""
    number, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(number)
    part = Path(name)
    try:
        yield part
    finally:
        for each in (part, *beside(part)):
            each.unlink(missing_ok=True)


def put_in_place(part: Path, target: Path) -> None:
    """Give a file its name once the disk has it, unless there is one of that name.

    Raises:
        StoreUnavailable: there is.
    """
    _wait_for_disk(part)
    try:
        _name(part, target)
    except FileExistsError:
        raise StoreUnavailable("There is a file of that name already. Give another one.") from None
    _wait_for_disk(target.parent)


def beside(path: Path) -> list[Path]:
    """Return where SQLite keeps what belongs to a file."""
    return [path.with_name(path.name + each) for each in BESIDE]


def _name(part: Path, target: Path) -> None:
    try:
        target.hardlink_to(part)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}:
            raise
        if target.exists():  # a file system without links, such as that of a memory stick
            raise FileExistsError from error
        part.rename(target)


def _wait_for_disk(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
