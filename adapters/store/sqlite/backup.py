"""Backs a database up while it is in use, and puts a back-up in its place. Nothing is replaced before it was checked."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from adapters.store.codec import moment
from adapters.store.sqlite.connections import START_BUSY_MS, connect, prepare
from adapters.store.sqlite.copies import (
    Progress,
    become_one_file,
    beside,
    check,
    copy_pages,
    existing,
    part_of,
    put_in_place,
)
from adapters.store.sqlite.faults import FAILURES, in_our_words
from adapters.store.sqlite.queries import load
from adapters.store.sqlite.retention import erase
from bot.errors import StoreDamaged, StoreFromLater, StoreUnavailable
from bot.model import ConversationId

_SQL = load("restore")
_LOCKS_AT, _LOCKS = 0x40000002, 510  # the bytes that SQLite locks in a file for as long as somebody has it open


def back_up(database: Path, target: Path, progress: Progress = lambda _done, _total: None) -> None:
    """Copy a database to a new file, as it is at this moment, whether it is in use or not.

    Writers are not held up. The copy is one file, readable by its owner only, and is checked before it gets its name.

    Raises:
        StoreUnavailable: the target exists, or something cannot be read or written; then there is no new file.
        StoreDamaged: the database is damaged, and so would be the copy.
    """
    with _in_our_words():
        if target.exists():
            raise StoreUnavailable("There is a file of that name already. Give another one.")
        with part_of(target) as part:
            with contextlib.closing(existing(database)) as source, contextlib.closing(connect(part)) as copy:
                copy_pages(source, copy, progress)
                check(copy)
            become_one_file(part)
            put_in_place(part, target)


def restore(
    source: Path, database: Path, progress: Progress = lambda _done, _total: None, *, now: datetime | None = None
) -> Path | None:
    """Put a back-up in the place of a database, which is kept beside it under a name with the date.

    A process that serves from the database goes on with what was restored. What was erased since the back-up was made is
    erased again, by the receipts in the database. Conversations that began since stay, without what was said in them. Where
    the database is damaged, nobody may have it open.

    Returns:
        Where the former database is kept; None where there was none.

    Raises:
        StoreDamaged: the back-up is damaged.
        StoreFromLater: a later version of Handrail wrote it.
        StoreUnavailable: it is not ours, or something cannot be read or written. In all three cases nothing was changed.
    """
    with _in_our_words():
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with part_of(database) as part:
            _copy_given(source, part, progress)
            prepare(part)
            return _replace(database, part, now or datetime.now(UTC))


def _copy_given(source: Path, part: Path, progress: Progress) -> None:
    """Copy a back-up that is whole; what is wrong is said of the back-up, and not of the database."""
    try:
        with (
            _in_our_words(),
            contextlib.closing(existing(source)) as given,
            contextlib.closing(connect(part)) as copy,
        ):
            check(given)
            copy_pages(given, copy, progress)
    except StoreDamaged as error:
        raise StoreDamaged("The back-up is damaged, or is none. Take another one.") from error.__cause__


def _replace(database: Path, part: Path, now: datetime) -> Path | None:
    if not database.exists():
        become_one_file(part)
        put_in_place(part, database)
        return None
    former = database.with_name(f"{database.name}.{now:%Y-%m-%dT%H-%M-%S}Z.before-restore")
    try:
        with _in_our_words():
            back_up(database, former)
    except (StoreDamaged, StoreFromLater):
        become_one_file(part)
        _move_aside(database, former)
        put_in_place(part, database)
    else:
        _copy_into(database, part)
    return former


def _copy_into(database: Path, part: Path) -> None:
    """Copy into a database in one transaction: whoever has it open sees the former one or the restored one."""
    with contextlib.closing(connect(database, busy_ms=START_BUSY_MS)) as live:
        with contextlib.closing(connect(part)) as copy:
            _erase_again(live, copy)
            _keep_whose(live, copy)
            copy.backup(live)
        live.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _erase_again(live: sqlite3.Connection, copy: sqlite3.Connection) -> None:
    """Erase from the copy what was erased from the live database: a back-up must not bring it back."""
    copy.execute("PRAGMA secure_delete = ON")
    copy.execute("BEGIN IMMEDIATE")
    for receipt in live.execute(_SQL["receipts"]).fetchall():
        conversation_id, at = receipt[:2]
        if copy.execute(_SQL["was_there"], (conversation_id, at)).fetchone():
            erase(copy, ConversationId(conversation_id), moment(at))
        copy.execute(_SQL["leave_receipt"], receipt)
    copy.execute("COMMIT")


def _keep_whose(live: sqlite3.Connection, copy: sqlite3.Connection) -> None:
    """Let those who came after the back-up go on in their conversations, which are empty: their pages are still open."""
    copy.execute("BEGIN IMMEDIATE")
    copy.executemany(_SQL["keep_whose"], live.execute(_SQL["whose"]))
    copy.execute("COMMIT")


def _move_aside(database: Path, former: Path) -> None:
    """Rename a database that cannot be read, with what belongs to it.

    Raises:
        StoreUnavailable: a process has it open, and would go on writing to it.
    """
    import fcntl  # not on every system

    with database.open("rb+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCKS, _LOCKS_AT, os.SEEK_SET)
        except OSError as error:
            raise StoreUnavailable("The database is damaged and in use. Stop Handrail, and restore again.") from error
        for each, name in zip(beside(database), beside(former), strict=True):  # first, or the next file would be given them
            if each.exists():
                each.rename(name)
        database.rename(former)


@contextlib.contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except FAILURES as error:
        raise in_our_words(error) from error.__cause__
