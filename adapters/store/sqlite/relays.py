"""``Inbox`` and ``Relays`` on SQLite."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from adapters.store.codec import micros
from adapters.store.sqlite.base import Base
from adapters.store.sqlite.queries import load
from bot.model import ConversationId
from bot.relays import Carried, Place, Role

_SQL = load("relays")
KEPT_FOR = timedelta(days=2)  # keys of what is done; Slack's last repetition of an event comes within the hour


class RelaysOnSqlite(Base):
    """What channels must not forget."""

    async def received(self, key: str, payload: str, now: datetime, leased_until: datetime) -> bool:
        """Keep something and lease it."""

        def receive(connection: sqlite3.Connection) -> bool:
            known = connection.execute(_SQL["given"], (key,)).fetchone()
            if known is not None and (known[1] or known[0] > micros(now)):
                return False
            connection.execute(_SQL["forget_given"], (micros(now - KEPT_FOR),))
            connection.execute(_SQL["give"], (key, micros(now), micros(leased_until), payload))
            return True

        return await self._writer.run(receive)

    async def unfinished(self, now: datetime, leased_until: datetime, limit: int = 20) -> Sequence[tuple[str, str]]:
        """Return what was not done, and lease it anew."""

        def unfinished(connection: sqlite3.Connection) -> list[tuple[str, str]]:
            rows = connection.execute(_SQL["unfinished"], (micros(now), limit)).fetchall()
            for key, _ in rows:
                connection.execute(_SQL["lease_given"], (key, micros(leased_until)))
            return rows

        return await self._writer.run(unfinished)

    async def renew(self, key: str, leased_until: datetime) -> None:
        """Keep the lease of something."""

        def renew(connection: sqlite3.Connection) -> None:
            connection.execute(_SQL["lease_given"], (key, micros(leased_until)))

        await self._writer.run(renew)

    async def finished(self, key: str) -> None:
        """Note that something is done."""

        def finish(connection: sqlite3.Connection) -> None:
            connection.execute(_SQL["finish"], (key,))

        await self._writer.run(finish)

    async def place(self, conversation_id: ConversationId, role: Role) -> Place | None:
        """Return where a conversation appears."""
        return await self._one_place("place", conversation_id, role)

    async def place_at(self, role: Role, channel: str, thread: str) -> Place | None:
        """Return what appears in a thread."""
        return await self._one_place("place_at", role, channel, thread)

    async def keep_place(self, place: Place) -> None:
        """Keep where a conversation appears."""
        row = (place.conversation_id, place.role, place.channel, place.thread, place.user, place.posted_n)

        def keep(connection: sqlite3.Connection) -> None:
            connection.execute(_SQL["keep_place"], row)
            if place.role == "team":
                connection.execute(_SQL["note_shown"], (place.conversation_id, place.channel, place.thread))

        await self._writer.run(keep)

    async def posted(self, conversation_id: ConversationId, role: Role, n: int) -> None:
        """Note up to which entry all has been posted."""

        def posted(connection: sqlite3.Connection) -> None:
            connection.execute(_SQL["posted"], (conversation_id, role, n))

        await self._writer.run(posted)

    async def behind(self, role: Role) -> Sequence[Place]:
        """Return the places whose conversation has entries that were not posted."""

        def behind(connection: sqlite3.Connection) -> list[Place]:
            return [_place(row) for row in connection.execute(_SQL["behind"], (role,)).fetchall()]

        return await self._slow.run(behind)

    async def carry(self, carried: Carried) -> None:
        """Keep what was passed on."""
        row = (carried.conversation_id, carried.channel, carried.ts, carried.n, carried.mark)

        def carry(connection: sqlite3.Connection) -> None:
            connection.execute(_SQL["carry"], row)

        await self._writer.run(carry)

    async def carried(self, conversation_id: ConversationId) -> Sequence[Carried]:
        """Return what was passed on."""

        def carried(connection: sqlite3.Connection) -> list[Carried]:
            rows = connection.execute(_SQL["carried"], (conversation_id,)).fetchall()
            return [
                Carried(conversation_id=conversation_id, channel=channel, ts=ts, n=n, mark=mark)
                for channel, ts, n, mark in rows
            ]

        return await self._slow.run(carried)

    async def to_clear(self) -> Sequence[tuple[str, str]]:
        """Return the threads of conversations that were erased."""

        def to_clear(connection: sqlite3.Connection) -> list[tuple[str, str]]:
            return connection.execute(_SQL["to_clear"]).fetchall()

        return await self._slow.run(to_clear)

    async def cleared(self, channel: str, thread: str) -> None:
        """Note that nothing of ours is left in a thread."""

        def cleared(connection: sqlite3.Connection) -> None:
            connection.execute(_SQL["cleared"], (channel, thread))

        await self._writer.run(cleared)

    async def _one_place(self, statement: str, *which: str) -> Place | None:
        def place(connection: sqlite3.Connection) -> Place | None:
            row = connection.execute(_SQL[statement], which).fetchone()
            return _place(row) if row else None

        return await self._slow.run(place)


def _place(row: tuple[Any, ...]) -> Place:
    conversation_id, role, channel, thread, user, posted_n = row
    return Place(conversation_id=conversation_id, role=role, channel=channel, thread=thread, user=user, posted_n=posted_n)
