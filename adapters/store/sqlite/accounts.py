"""``Accounts`` on SQLite."""

import sqlite3
from datetime import datetime
from typing import Any

from adapters.store.codec import micros, moment
from adapters.store.sqlite.base import Base
from adapters.store.sqlite.queries import load
from bot.model import ResponderId
from bot.staff import Account, DeskSession

_SQL = load("accounts")


class AccountsOnSqlite(Base):
    """Who may use the desk, and who is logged in."""

    async def invite(self, account: Account, link_hash: bytes, until: datetime) -> None:
        """Add an account, or let a known one choose a new password."""

        def invite(connection: sqlite3.Connection) -> None:
            connection.execute(_SQL["invite"], (account.id, account.name, account.role, account.is_active))
            connection.execute(_SQL["end_links_of"], (account.id,))
            connection.execute(_SQL["add_link"], (link_hash, account.id, micros(until)))

        await self._writer.run(invite)

    async def invited(self, link_hash: bytes, now: datetime) -> Account | None:
        """Return whose link it is."""
        return await self._slow.run(lambda connection: _invited(connection, link_hash, now))

    async def accept(self, link_hash: bytes, password_hash: str, now: datetime) -> Account | None:
        """Use a link."""

        def accept(connection: sqlite3.Connection) -> Account | None:
            account = _invited(connection, link_hash, now)
            if account is None:
                return None
            connection.execute(_SQL["end_link"], (link_hash,))
            connection.execute(_SQL["end_sessions_of"], (account.id,))
            connection.execute(_SQL["set_password"], (account.id, password_hash))
            return _account(connection.execute(_SQL["account"], (account.id,)).fetchone())

        return await self._writer.run(accept)

    async def account(self, account_id: ResponderId) -> Account | None:
        """Return an account."""

        def account(connection: sqlite3.Connection) -> Account | None:
            row = connection.execute(_SQL["account"], (account_id,)).fetchone()
            return _account(row) if row else None

        return await self._slow.run(account)

    async def accounts(self) -> list[Account]:
        """Return all accounts."""
        return await self._slow.run(lambda connection: list(map(_account, connection.execute(_SQL["accounts"]).fetchall())))

    async def deactivate(self, account_id: ResponderId) -> bool:
        """Shut an account out."""

        def deactivate(connection: sqlite3.Connection) -> bool:
            is_known = connection.execute(_SQL["deactivate"], (account_id,)).rowcount == 1
            connection.execute(_SQL["end_sessions_of"], (account_id,))
            connection.execute(_SQL["end_links_of"], (account_id,))
            return is_known

        return await self._writer.run(deactivate)

    async def open_session(self, session: DeskSession) -> None:
        """Record a log-in."""

        def add(connection: sqlite3.Connection) -> None:
            row = (session.token_hash, session.account.id, session.csrf, micros(session.until))
            connection.execute(_SQL["open_session"], row)

        await self._writer.run(add)

    async def session(self, token_hash: bytes, now: datetime) -> DeskSession | None:
        """Return a log-in that has not ended."""

        def session(connection: sqlite3.Connection) -> DeskSession | None:
            row = connection.execute(_SQL["session"], (token_hash, micros(now))).fetchone()
            if row is None:
                return None
            csrf, until, *account = row
            return DeskSession(token_hash=token_hash, account=_account(account), csrf=csrf, until=moment(until))

        return await self._quick.run(session)

    async def end_session(self, token_hash: bytes) -> None:
        """Record a log-out."""

        def end(connection: sqlite3.Connection) -> None:
            connection.execute(_SQL["end_session"], (token_hash,))

        await self._writer.run(end)


def _invited(connection: sqlite3.Connection, link_hash: bytes, now: datetime) -> Account | None:
    row = connection.execute(_SQL["invited"], (link_hash, micros(now))).fetchone()
    return _account(row) if row else None


def _account(row: Any) -> Account:
    account_id, name, role, password_hash, is_active = row
    return Account(id=ResponderId(account_id), name=name, role=role, password_hash=password_hash, is_active=bool(is_active))
