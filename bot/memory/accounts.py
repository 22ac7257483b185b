"""Who may use the desk, in memory."""

from dataclasses import replace
from datetime import datetime

from bot.model import ResponderId
from bot.staff import Account, DeskSession


class AccountsInMemory:
    """``Accounts``."""

    def __init__(self) -> None:
        """Begin without anybody."""
        self._accounts: dict[ResponderId, Account] = {}
        self._links: dict[bytes, tuple[ResponderId, datetime]] = {}
        self._sessions: dict[bytes, DeskSession] = {}

    async def invite(self, account: Account, link_hash: bytes, until: datetime) -> None:
        """Add an account, or let a known one choose a new password."""
        known = self._accounts.get(account.id)
        self._accounts[account.id] = replace(account, password_hash=known.password_hash if known else "")
        self._end_links(account.id)
        self._links[link_hash] = (account.id, until)

    async def invited(self, link_hash: bytes, now: datetime) -> Account | None:
        """Return whose link it is."""
        account_id, until = self._links.get(link_hash, (None, now))
        return self._accounts[account_id] if account_id is not None and now < until else None

    async def accept(self, link_hash: bytes, password_hash: str, now: datetime) -> Account | None:
        """Use a link."""
        account = await self.invited(link_hash, now)
        if account is None:
            return None
        del self._links[link_hash]
        self._end_sessions(account.id)
        self._accounts[account.id] = accepted = replace(account, password_hash=password_hash, is_active=True)
        return accepted

    async def account(self, account_id: ResponderId) -> Account | None:
        """Return an account."""
        return self._accounts.get(account_id)

    async def accounts(self) -> list[Account]:
        """Return all accounts."""
        return sorted(self._accounts.values(), key=lambda each: each.id)

    async def deactivate(self, account_id: ResponderId) -> bool:
        """Shut an account out."""
        account = self._accounts.get(account_id)
        if account is None:
            return False
        self._accounts[account_id] = replace(account, is_active=False)
        self._end_links(account_id)  # or a link that lies around would let them in again
        self._end_sessions(account_id)
        return True

    async def open_session(self, session: DeskSession) -> None:
        """Record a log-in."""
        self._sessions[session.token_hash] = session

    async def session(self, token_hash: bytes, now: datetime) -> DeskSession | None:
        """Return a log-in that has not ended."""
        session = self._sessions.get(token_hash)
        if session is None or session.until <= now:
            return None
        account = self._accounts.get(session.account.id)
        return replace(session, account=account) if account is not None and account.is_active else None

    async def end_session(self, token_hash: bytes) -> None:
        """Record a log-out."""
        self._sessions.pop(token_hash, None)

    def _end_links(self, account_id: ResponderId) -> None:
        self._links = {key: each for key, each in self._links.items() if each[0] != account_id}

    def _end_sessions(self, account_id: ResponderId) -> None:
        self._sessions = {key: each for key, each in self._sessions.items() if each.account.id != account_id}
