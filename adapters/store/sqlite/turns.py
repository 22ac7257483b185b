"""Turns that were read before, kept by the thread that reads them: a turn never changes, so it need not be decoded twice."""

import sqlite3
from collections import OrderedDict
from dataclasses import dataclass

from adapters.store.codec import decode_turn
from adapters.store.sqlite.queries import load
from bot.model import ConversationId, Turn

_SQL = load("transcript")
MAX_TURNS = 5_000  # some 15 MB


@dataclass(slots=True)
class _Kept:
    last_n: int  # of the conversation's entries when it was read
    turns: tuple[Turn, ...]
    at: int  # of the last of these turns, as it stands in its row


class Turns:
    """The turns of the conversations that were read last. Not for several threads."""

    def __init__(self, max_turns: int = MAX_TURNS) -> None:
        """Take how many turns to keep."""
        self._max = max_turns
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        self._n_turns = 0

    def of(self, connection: sqlite3.Connection, ref: int, conversation_id: ConversationId, last_n: int) -> tuple[Turn, ...]:
        """Return all turns of a conversation, oldest first, of which only those that are new are read."""
        kept = self.forget(ref)
        found = self._newer(connection, ref, conversation_id, kept) if kept and kept.last_n <= last_n else None
        if found is None:
            found = _read(connection, ref, conversation_id, 0)
        found.last_n = last_n
        self._keep(ref, found)
        return found.turns

    def forget(self, ref: int) -> _Kept | None:
        """Let go of a conversation, since it is erased or about to be kept anew."""
        kept = self._kept.pop(ref, None)
        self._n_turns -= len(kept.turns) if kept else 0
        return kept

    def clear(self) -> None:
        """Let go of all: the file is another one."""
        self._kept.clear()
        self._n_turns = 0

    def _newer(self, connection: sqlite3.Connection, ref: int, conversation_id: ConversationId, kept: _Kept) -> _Kept | None:
        """Read on from the last turn that is known; None where that one is not in the file: a back-up was restored."""
        if not kept.turns:
            return None
        rows = connection.execute(_SQL["turns_from"], (ref, kept.turns[-1].n)).fetchall()
        if not rows or rows[0][:3] != (kept.turns[-1].n, kept.at, kept.turns[-1].message_id):
            return None
        newer = tuple(decode_turn(payload, conversation_id=conversation_id, n=n) for n, _, _, payload in rows[1:])
        return _Kept(0, kept.turns + newer, rows[-1][1])

    def _keep(self, ref: int, found: _Kept) -> None:
        self._kept[ref] = found
        self._n_turns += len(found.turns)
        while self._n_turns > self._max and self._kept:
            self.forget(next(iter(self._kept)))


def _read(connection: sqlite3.Connection, ref: int, conversation_id: ConversationId, from_n: int) -> _Kept:
    rows = connection.execute(_SQL["turns_from"], (ref, from_n)).fetchall()
    turns = tuple(decode_turn(payload, conversation_id=conversation_id, n=n) for n, _, _, payload in rows)
    return _Kept(0, turns, rows[-1][1] if rows else 0)
