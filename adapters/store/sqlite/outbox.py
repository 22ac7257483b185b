"""``Outbox`` on SQLite."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from adapters.store.codec import decode_standing, micros, moment
from adapters.store.sqlite import heads
from adapters.store.sqlite.base import Base
from adapters.store.sqlite.queries import load
from bot.model import Alert, Attempt, ConversationId

_SQL = load("outbox")


class OutboxOnSqlite(Base):
    """The alerts that are due."""

    async def due(self, now: datetime, leased_until: datetime, limit: int = 20) -> list[Alert]:
        """Return and lease the alerts that are due."""

        def due(connection: sqlite3.Connection) -> list[Alert]:
            rows = connection.execute(_SQL["due"], (micros(now), limit)).fetchall()
            found = [_alert(row) for row in rows]
            for alert in found:
                connection.execute(_SQL["lease"], (alert.generation, micros(leased_until)))
            return found

        return await self._writer.run(due)

    async def next_due(self) -> datetime | None:
        """Return when the next alert is due."""

        def next_due(connection: sqlite3.Connection) -> datetime | None:
            [at] = connection.execute(_SQL["next_due"]).fetchone()
            return None if at is None else moment(at)

        return await self._slow.run(next_due)

    async def tried(self, alert: Alert, attempts: Sequence[Attempt], *, step: int, tries: int, due_at: datetime) -> None:
        """Record attempts and when the ladder goes on."""

        def tried(connection: sqlite3.Connection) -> None:
            head = heads.head_of(connection, alert.conversation_id)
            if head is None:
                return
            rows = [(head.ref, micros(each.at), each.step, each.channel, each.outcome, each.error) for each in attempts]
            connection.executemany(_SQL["add_attempt"], rows)
            connection.execute(_SQL["go_on"], (head.ref, alert.generation, step, tries, micros(due_at)))

        await self._writer.run(tried, changes=alert.conversation_id)

    async def attempts(self, conversation_id: ConversationId) -> list[Attempt]:
        """Return every attempt to reach somebody about a conversation."""

        def tries(connection: sqlite3.Connection) -> list[Attempt]:
            rows = connection.execute(_SQL["attempts"], (conversation_id,)).fetchall()
            return [_attempt(conversation_id, row) for row in rows]

        return await self._slow.run(tries)


def _alert(row: tuple[Any, ...]) -> Alert:
    conversation_id, standing, generation, step, tries, due_at, started_at, why = row
    return Alert(
        conversation_id=conversation_id,
        generation=generation,
        step=step,
        due_at=moment(due_at),
        started_at=moment(started_at),
        why=why,
        tries=tries,
        standing=decode_standing(standing, conversation_id=conversation_id),
    )


def _attempt(conversation_id: ConversationId, row: tuple[Any, ...]) -> Attempt:
    at, step, channel, outcome, error = row
    return Attempt(conversation_id=conversation_id, at=moment(at), step=step, channel=channel, outcome=outcome, error=error)
