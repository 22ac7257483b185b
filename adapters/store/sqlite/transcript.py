"""``Transcript`` on SQLite."""

import sqlite3
from dataclasses import replace
from datetime import datetime

from adapters.store.codec import decode_entry, decode_standing, decode_turn, moment
from adapters.store.sqlite import heads
from adapters.store.sqlite.base import Base
from adapters.store.sqlite.queries import load
from adapters.store.sqlite.retention import erase
from bot.errors import ConversationUnknown
from bot.handoff import TurnSaid, after
from bot.model import Channel, Conversation, ConversationId, Entry, Erased, Handoff, MessageId, Record, Standing, Turn

_SQL = load("transcript")
_RETENTION = load("retention")


class TranscriptOnSqlite(Base):
    """The record of what was said."""

    async def start(self, conversation: Conversation) -> None:
        """Record that a conversation begins."""

        def start(connection: sqlite3.Connection) -> None:
            heads.begin(connection, conversation)

        await self._writer.run(start)

    async def conversation(self, conversation_id: ConversationId) -> Conversation | None:
        """Return what is known of a conversation."""

        def conversation(connection: sqlite3.Connection) -> Conversation | None:
            row = connection.execute(_SQL["conversation"], (conversation_id,)).fetchone()
            return conversation_in(row) if row else None

        return await self._quick.run(conversation)

    async def record(self, conversation_id: ConversationId, message_id: MessageId) -> Record:
        """Return all that is needed to decide on a message."""

        def record(connection: sqlite3.Connection) -> Record:
            row = connection.execute(_SQL["for_message"], (conversation_id, message_id)).fetchone()
            if row is None:
                return Record()
            ref, standing, last_n, known_n = row
            if known_n is not None:
                [payload] = connection.execute(_SQL["turn"], (ref, known_n)).fetchone()
                return Record(known=decode_turn(payload, conversation_id=conversation_id, n=known_n))
            return Record(
                turns=self._turns.of(connection, ref, conversation_id, last_n),
                standing=decode_standing(standing, conversation_id=conversation_id),
            )

        return await self._quick.run(record)

    async def append(self, turn: Turn, handoff: Handoff | None = None) -> Turn:
        """Record a turn and what comes of it; once per message id."""

        def append(connection: sqlite3.Connection) -> Turn:
            head = heads.head_of(connection, turn.conversation_id)
            known = heads.entry_by_message(connection, head, "turn", turn.message_id) if head else None
            if isinstance(known, Turn):
                return known
            if head is None and connection.execute(_RETENTION["receipt"], (turn.conversation_id,)).fetchone():
                raise ConversationUnknown  # it was erased while this was on its way
            standing = head.standing if head else Standing()
            step = after(standing, TurnSaid.of(turn, handoff), turn.at)
            head = head or heads.begin(connection, _unannounced(turn))
            recorded = replace(turn, n=head.last_n + 1)
            begins = handoff.opened_at if handoff else turn.at
            heads.record(connection, head, step, turn.at, begins=begins, entry=recorded, handoff=handoff)
            return recorded

        return await self._writer.run(append, changes=turn.conversation_id)

    async def of(self, conversation_id: ConversationId) -> list[Turn]:
        """Return the turns of a conversation, oldest first."""

        def of(connection: sqlite3.Connection) -> list[Turn]:
            rows = connection.execute(_SQL["turns"], (conversation_id,)).fetchall()
            return [decode_turn(payload, conversation_id=conversation_id, n=n) for n, payload in rows]

        return await self._slow.run(of)

    async def entries(self, conversation_id: ConversationId, after: int = 0) -> list[Entry]:
        """Return the entries after a number."""

        def entries(connection: sqlite3.Connection) -> list[Entry]:
            rows = connection.execute(_SQL["entries"], (conversation_id, after)).fetchall()
            return [decode_entry(form, payload, conversation_id=conversation_id, n=n) for form, n, payload in rows]

        return await self._quick.run(entries)

    async def erase(self, conversation_id: ConversationId, at: datetime) -> Erased:
        """Erase a conversation and keep the receipt."""

        def erased(connection: sqlite3.Connection) -> Erased:
            return erase(connection, conversation_id, at)

        receipt = await self._writer.run(erased, changes=conversation_id, erases=True)
        await self._forget()
        return receipt

    async def receipt(self, conversation_id: ConversationId) -> Erased | None:
        """Return the receipt of a conversation that was erased."""

        def receipt(connection: sqlite3.Connection) -> Erased | None:
            row = connection.execute(_RETENTION["receipt"], (conversation_id,)).fetchone()
            return (
                Erased(conversation_id=conversation_id, at=moment(row[0]), turns=row[1], token_hash=row[2]) if row else None
            )

        return await self._quick.run(receipt)

    async def _forget(self) -> None:
        """Let go of what was read of erased conversations, in the thread that keeps it."""
        await self._quick.run(lambda _connection: self._turns.clear())


def conversation_in(row: tuple[str, bytes, str, str | None, str, int]) -> Conversation:
    """Return what a row says of a conversation."""
    conversation_id, token_hash, locale, country, channel, started_at = row
    return Conversation(
        id=ConversationId(conversation_id),
        token_hash=token_hash,
        locale=locale,
        country=country,
        channel=Channel(channel),
        started_at=moment(started_at),
    )


def _unannounced(turn: Turn) -> Conversation:
    """Return what is known of a conversation that was not started before its first turn."""
    return Conversation(id=turn.conversation_id, channel=Channel.WEB, started_at=turn.at)
