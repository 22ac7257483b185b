"""Errors of SQLite in our own words: what is wrong and what to do, never what was being written."""

import errno
import sqlite3

from bot.errors import BotError, StoreDamaged, StoreUnavailable

_BY_CODE = {
    sqlite3.SQLITE_FULL: "The disk is full. Make room; nothing needs to be started again.",
    sqlite3.SQLITE_READONLY: "The database cannot be written to. Check the rights of its file and folder.",
    sqlite3.SQLITE_PERM: "The database may not be opened. Check the rights of its file and folder.",
    sqlite3.SQLITE_BUSY: "Another process holds the database locked.",
    sqlite3.SQLITE_LOCKED: "Another process holds the database locked.",
    sqlite3.SQLITE_CANTOPEN: "The database cannot be opened. Check that its folder exists, and the rights of both.",
    sqlite3.SQLITE_IOERR: "The disk reports an error, or has no room. Check it; nothing needs to be started again.",
    sqlite3.SQLITE_NOMEM: "There is not enough memory for the database.",
    sqlite3.SQLITE_TOOBIG: "That is too long to be stored.",
}
_BY_ERRNO = {
    errno.ENOSPC: sqlite3.SQLITE_FULL,
    errno.EDQUOT: sqlite3.SQLITE_FULL,
    errno.EROFS: sqlite3.SQLITE_READONLY,
    errno.EACCES: sqlite3.SQLITE_PERM,
    errno.EIO: sqlite3.SQLITE_IOERR,
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_GOES_BY_ITSELF = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_TOOBIG}
FAILURES = (
    sqlite3.Error,
    OSError,
    UnicodeError,
    OverflowError,
)  # of the database, the file system, or a value no database takes


def code_of(error: BaseException) -> int:
    """Return SQLite's primary result code; 0 for an error that is not SQLite's."""
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def spoils(error: BaseException) -> bool:
    """Whether the connection should be opened again after an error."""
    return isinstance(error, OSError) or code_of(error) not in {0, *_GOES_BY_ITSELF}


def in_our_words(error: BaseException) -> BaseException:
    """Return the error that a caller gets: domain errors as they are, those of the database as ``StoreUnavailable``.

    Errors that quote what was read or written (text that is not UTF-8) lose their cause, so that no traceback shows it.
    """
    if isinstance(error, BotError):
        return error
    if isinstance(error, UnicodeEncodeError):
        return _bare(StoreUnavailable("The text holds half a character, which cannot be stored."))
    if isinstance(error, sqlite3.OperationalError) and not hasattr(error, "sqlite_errorcode"):
        return _bare(StoreDamaged())  # "Could not decode to UTF-8 …" quotes the text
    if code_of(error) in _DAMAGED:
        return _caused(StoreDamaged(), error)
    if isinstance(error, OSError):
        return _caused(StoreUnavailable(_BY_CODE[_BY_ERRNO.get(error.errno or 0, sqlite3.SQLITE_CANTOPEN)]), error)
    if isinstance(error, sqlite3.Error | OverflowError):
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        return _caused(StoreUnavailable(_BY_CODE.get(code_of(error), f"The database failed ({name}).")), error)
    return error


def _caused(ours: StoreUnavailable, error: BaseException) -> StoreUnavailable:
    ours.__cause__ = error
    return ours


def _bare(ours: StoreUnavailable) -> StoreUnavailable:
    ours.__suppress_context__ = True
    return ours
