"""``Handoffs`` on SQLite."""

import json
import sqlite3
from dataclasses import replace
from datetime import datetime
from typing import Any

from adapters.store.codec import decode_handoff, decode_standing, micros, moment
from adapters.store.sqlite import heads
from adapters.store.sqlite.base import Base
from adapters.store.sqlite.heads import Head
from adapters.store.sqlite.queries import load
from adapters.store.sqlite.transcript import conversation_in
from bot.handoff import Action, Closed, Spoke, Told, TurnSaid, after, audited_as
from bot.handoff.ownership import gravity
from bot.model import Case, ConversationId, Handoff, MessageId, PersonSaid, Responder, Standing
from bot.staff import Audited

_SQL = load("handoffs")
_MOST = 2**62  # an integer that SQLite takes


class HandoffsOnSqlite(Base):
    """The cases passed to a person."""

    async def opened(self, conversation_id: ConversationId) -> list[Handoff]:
        """Return the handoffs of a conversation, oldest first."""

        def opened(connection: sqlite3.Connection) -> list[Handoff]:
            rows = connection.execute(_SQL["opened"], (conversation_id,)).fetchall()
            return [decode_handoff(payload, conversation_id=conversation_id) for (payload,) in rows]

        return await self._slow.run(opened)

    async def standing(self, conversation_id: ConversationId) -> Standing:
        """Return who owns a conversation now."""

        def standing(connection: sqlite3.Connection) -> Standing:
            row = connection.execute(_SQL["standing"], (conversation_id,)).fetchone()
            return decode_standing(row[0], conversation_id=conversation_id) if row else Standing()

        return await self._quick.run(standing)

    async def act(self, conversation_id: ConversationId, action: Action, at: datetime) -> Standing:
        """Do something to the ownership of a conversation."""

        def act(connection: sqlite3.Connection) -> Standing:
            head = heads.known(connection, conversation_id)
            moment = head.not_before(at)
            step = after(head.standing, action, moment)
            if isinstance(action, Closed):
                _keep_verdict(connection, head, action, moment)
            heads.record(connection, head, step, moment, begins=at)
            _note(connection, conversation_id, action, at)
            return step.standing

        return await self._writer.run(act, changes=conversation_id)

    async def say(self, said: PersonSaid) -> PersonSaid:
        """Record what a responder wrote, once per message id."""

        def say(connection: sqlite3.Connection) -> PersonSaid:
            head = heads.known(connection, said.conversation_id)
            known = heads.entry_by_message(connection, head, "said", said.message_id)
            if isinstance(known, PersonSaid):
                return known
            action = Spoke(by=Responder(id=said.responder, name=said.name))
            moment = head.not_before(said.at)
            step = after(head.standing, action, moment)
            recorded = replace(said, n=head.last_n + 1, at=moment)
            heads.record(connection, head, step, moment, begins=said.at, entry=recorded)
            _note(connection, said.conversation_id, action, said.at)
            return recorded

        return await self._writer.run(say, changes=said.conversation_id)

    async def cases(self) -> list[Case]:
        """Return the conversations that wait or that a person owns."""

        def cases(connection: sqlite3.Connection) -> list[Case]:
            return sorted(map(_case, connection.execute(_SQL["cases"]).fetchall()), key=_rank)

        return await self._slow.run(cases)

    async def case(self, conversation_id: ConversationId) -> Case | None:
        """Return one conversation as a responder sees it."""

        def case(connection: sqlite3.Connection) -> Case | None:
            row = connection.execute(_SQL["case"], (conversation_id,)).fetchone()
            return _case(row) if row else None

        return await self._slow.run(case)

    async def delivered(self, conversation_id: ConversationId, n: int) -> None:
        """Note what the visitor's page has shown."""

        def delivered(connection: sqlite3.Connection) -> None:
            connection.execute(_SQL["delivered"], (conversation_id, min(n, _MOST)))

        await self._writer.run(delivered, changes=conversation_id)

    async def leave_contact(self, conversation_id: ConversationId, contact: str) -> None:
        """Keep what a visitor left."""

        def leave(connection: sqlite3.Connection) -> None:
            head = heads.known(connection, conversation_id)
            if contact:
                connection.execute(_SQL["leave_contact"], (head.ref, contact))
            else:
                connection.execute(_SQL["take_contact_back"], (head.ref,))

        await self._writer.run(leave, changes=conversation_id, erases=True)


def _note(connection: sqlite3.Connection, conversation_id: ConversationId, action: Action, at: datetime) -> None:
    if isinstance(action, TurnSaid | Told):
        return
    line = Audited(at=at, by=action.by.id, did=audited_as(action), conversation_id=conversation_id)
    heads.audit(connection, line)


def _keep_verdict(connection: sqlite3.Connection, head: Head, closed: Closed, at: datetime) -> None:
    message_ids = [closed.message_id] if closed.message_id else _that_opened(connection, head)
    row = (head.ref, micros(at), closed.verdict, json.dumps(message_ids), closed.label, closed.severity)
    connection.execute(_SQL["keep_verdict"], row)


def _that_opened(connection: sqlite3.Connection, head: Head) -> list[MessageId]:
    """Return the messages that opened the case, of danger where there was any; each once, oldest first."""
    rows = connection.execute(_SQL["opened_in_this_case"], (head.ref,)).fetchall()
    opened = [decode_handoff(payload, conversation_id=head.conversation_id) for (payload,) in rows]
    graver = [each for each in opened if each.urgent] or opened
    return list(dict.fromkeys(message_id for handoff in graver for message_id in handoff.message_ids))


def _case(row: tuple[Any, ...]) -> Case:
    conversation = conversation_in(row[:6])
    standing, last_at, last_n, delivered_n, contact, verdict = row[6:]
    return Case(
        conversation=conversation,
        standing=decode_standing(standing, conversation_id=conversation.id),
        last_at=moment(last_at),
        last_n=last_n,
        delivered_n=delivered_n,
        contact=contact,
        verdict=verdict,
    )


def _rank(case: Case) -> tuple[tuple[bool, int], datetime]:
    return gravity(case.standing.handoff), case.standing.since or case.conversation.started_at
