"""``Desk`` on SQLite."""

import json
import sqlite3
from datetime import datetime
from functools import partial
from typing import Any

from adapters.store.codec import decode_turn, micros, moment
from adapters.store.sqlite import heads
from adapters.store.sqlite.base import Base
from adapters.store.sqlite.queries import load
from adapters.store.sqlite.retention import (
    BATCH,
    Limits,
    end_what_is_over,
    erase_batch,
    past_their_time,
    reclaim,
    reclaimable,
    together,
)
from bot.model import ConversationId, MessageId, ResponderId
from bot.staff import Audited, Expired, Lesson, Note, Question, Rated

_SQL = load("desk")


class DeskOnSqlite(Base):
    """What responders and editors leave behind."""

    async def audit(self, entry: Audited) -> None:
        """Add a line to the audit trail."""

        def audit(connection: sqlite3.Connection) -> None:
            heads.audit(connection, entry)

        await self._writer.run(audit)

    async def audited(self, limit: int = 200, conversation_id: ConversationId | None = None) -> list[Audited]:
        """Return the newest lines, newest first."""
        which = (_SQL["audited"], (limit,)) if conversation_id is None else (_SQL["audited_of"], (limit, conversation_id))

        def audited(connection: sqlite3.Connection) -> list[Audited]:
            rows = connection.execute(*which).fetchall()
            return [
                Audited(at=moment(at), by=ResponderId(by), did=did, conversation_id=about) for at, by, did, about in rows
            ]

        return await self._slow.run(audited)

    async def add_note(self, note: Note) -> None:
        """Keep an internal note."""
        here = note.conversation_id

        def add(connection: sqlite3.Connection) -> None:
            head = heads.known(connection, here)
            connection.execute(_SQL["add_note"], (head.ref, micros(note.at), note.by, note.text))
            heads.audit(connection, Audited(at=note.at, by=note.by, did="noted", conversation_id=here))

        await self._writer.run(add, changes=here)

    async def notes(self, conversation_id: ConversationId) -> list[Note]:
        """Return the notes on a conversation."""

        def notes(connection: sqlite3.Connection) -> list[Note]:
            rows = connection.execute(_SQL["notes"], (conversation_id,)).fetchall()
            return [
                Note(conversation_id=conversation_id, at=moment(at), by=ResponderId(by), text=text) for at, by, text in rows
            ]

        return await self._slow.run(notes)

    async def rate(self, rated: Rated) -> None:
        """Keep what a visitor said of a reply."""

        def rate(connection: sqlite3.Connection) -> None:
            head = heads.known(connection, rated.conversation_id)
            connection.execute(_SQL["rate"], (head.ref, rated.n, micros(rated.at), rated.verdict, rated.reason))

        await self._writer.run(rate, changes=rated.conversation_id)

    async def questions(self, below: float, limit: int = 200) -> list[Question]:
        """Return questions that were not answered, or hardly."""

        def questions(connection: sqlite3.Connection) -> list[Question]:
            return [_question(*row) for row in connection.execute(_SQL["questions"], (below, limit)).fetchall()]

        return await self._slow.run(questions)

    async def settle(self, conversation_id: ConversationId, message_id: MessageId) -> None:
        """Take a question off that list."""

        def settle(connection: sqlite3.Connection) -> None:
            connection.execute(_SQL["settle"], (conversation_id, message_id))

        await self._writer.run(settle)

    async def lessons(self) -> list[Lesson]:
        """Return the verdicts of responders."""

        def lessons(connection: sqlite3.Connection) -> list[Lesson]:
            rows = connection.execute(_SQL["verdicts"]).fetchall()
            return [each for row in rows for each in _lessons(connection, row)]

        return await self._slow.run(lessons)

    async def expire(self, *, ordinary_before: datetime, crisis_before: datetime, at: datetime, dry_run: bool) -> Expired:
        """Erase conversations that are older, some at a time."""
        limits = Limits(ordinary_before, crisis_before)

        old, found = await self._slow.run(partial(past_their_time, limits=limits))
        if dry_run:
            return found
        done = Expired(ordinary=0, crisis=0, turns=0)
        for n in range(0, len(old), BATCH):
            some = partial(erase_batch, conversation_ids=old[n : n + BATCH], limits=limits, at=at)
            done = together(done, await self._writer.run(some, erases=True))
        await self._writer.run(lambda connection: end_what_is_over(connection, at))
        await self._reclaim()
        await self._quick.run(lambda _connection: self._turns.clear())
        return done

    async def _reclaim(self) -> None:
        """Give the space of erased rows back, a little at a time."""
        before = await self._slow.run(reclaimable)
        while before is not None and await self._writer.run(partial(reclaim, before=before)):
            pass


def _question(conversation_id: ConversationId, n: int, payload: str, reason: str | None) -> Question:
    turn = decode_turn(payload, conversation_id=conversation_id, n=n)
    return Question(
        conversation_id=conversation_id,
        message_id=turn.message_id,
        at=turn.at,
        text=turn.visitor_text,
        kind=turn.kind.value,
        score=turn.score,
        rated_down="" if reason is None else reason or "other",
    )


def _lessons(connection: sqlite3.Connection, row: tuple[Any, ...]) -> list[Lesson]:
    ref, conversation_id, locale, at, verdict, message_ids, label, severity = row
    found = []
    for message_id in json.loads(message_ids):
        turn = connection.execute(_SQL["turn"], (ref, message_id)).fetchone()
        if turn is not None:
            text = decode_turn(turn[1], conversation_id=conversation_id, n=turn[0]).visitor_text
            language = locale.partition("-")[0]
            found.append(Lesson(text=text, verdict=verdict, label=label, severity=severity, locale=language, at=moment(at)))
    return found
