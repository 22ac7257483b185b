"""Erases conversations, one or all that are past their time, and leaves receipts without content."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from adapters.store.codec import micros, moment
from adapters.store.sqlite.queries import load
from bot.model import ConversationId, Erased
from bot.staff import Expired

_SQL = load("retention")
_ERASE = tuple(name for name in _SQL if name.startswith("erase_"))
RECLAIMED = 2_000  # rows whose space is given back in one commit
MARGIN = 500  # erased rows left before the first that is kept, so that deleting the others moves no row with text in it
BATCH = 50  # conversations erased in one commit, so that no message waits long behind it


@dataclass(frozen=True, slots=True)
class Limits:
    """Before when the last entry must be for a conversation to be erased."""

    ordinary_before: datetime
    crisis_before: datetime

    @property
    def given(self) -> tuple[int, int]:
        """The same as they are compared in the database."""
        return micros(self.ordinary_before), micros(self.crisis_before)


def erase(connection: sqlite3.Connection, conversation_id: ConversationId, at: datetime) -> Erased:
    """Erase all that hangs on a conversation and leave the receipt; the first one stands where it is gone already."""
    row = connection.execute(_SQL["whole"], (conversation_id,)).fetchone()
    if row is None:
        left = connection.execute(_SQL["receipt"], (conversation_id,)).fetchone()
        if left is None:
            return Erased(conversation_id=conversation_id, at=at, turns=0)
        return Erased(conversation_id=conversation_id, at=moment(left[0]), turns=left[1], token_hash=left[2])
    ref, turns, token_hash = row
    for name in _ERASE:
        connection.execute(_SQL[name], (ref,))
    connection.execute(_SQL["leave_receipt"], (conversation_id, micros(at), turns, token_hash))
    return Erased(conversation_id=conversation_id, at=at, turns=turns, token_hash=token_hash)


def past_their_time(connection: sqlite3.Connection, limits: Limits) -> tuple[list[ConversationId], Expired]:
    """Return which conversations are to be erased, and what would be erased with them."""
    rows = connection.execute(_SQL["expired"], limits.given).fetchall()
    return [ConversationId(row[0]) for row in rows], _counted([row[1:] for row in rows])


def erase_batch(
    connection: sqlite3.Connection, conversation_ids: list[ConversationId], limits: Limits, at: datetime
) -> Expired:
    """Erase those of the given conversations that are still past their time."""
    found = []
    for conversation_id in conversation_ids:
        row = connection.execute(_SQL["is_expired"], (*limits.given, conversation_id)).fetchone()
        if row is not None:
            erase(connection, conversation_id, at)
            found.append(row)
    return _counted(found)


def reclaimable(connection: sqlite3.Connection) -> int | None:
    """Return before which row all are erased and can be deleted, to give their space back; None where none can."""
    [first_kept] = connection.execute(_SQL["first_kept"]).fetchone()
    return None if first_kept is None else first_kept - MARGIN


def reclaim(connection: sqlite3.Connection, before: int) -> bool:
    """Delete some of the erased rows; whether there may be more."""
    return connection.execute(_SQL["reclaim"], (before, RECLAIMED)).rowcount > 0


def end_what_is_over(connection: sqlite3.Connection, at: datetime) -> None:
    """Delete log-ins and links that are past their time."""
    for name in ("end_sessions", "end_links"):
        connection.execute(_SQL[name], (micros(at),))


def together(one: Expired, other: Expired) -> Expired:
    """Add up what two commits erased."""
    return Expired(ordinary=one.ordinary + other.ordinary, crisis=one.crisis + other.crisis, turns=one.turns + other.turns)


def _counted(rows: list[tuple[int, int]]) -> Expired:
    crisis = sum(is_crisis for is_crisis, _ in rows)
    return Expired(ordinary=len(rows) - crisis, crisis=crisis, turns=sum(turns for _, turns in rows))
