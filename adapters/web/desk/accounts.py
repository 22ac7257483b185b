"""Who may use the desk: invited by a link that works once, listed, and shut out again."""

import hashlib
import re
import secrets
from datetime import timedelta

from bot.errors import BotError
from bot.model import ResponderId, Role
from bot.ports import Accounts, Clock, Desk
from bot.staff import Account, Audited

LINK_FOR = timedelta(hours=48)
ROLES: tuple[Role, ...] = ("responder", "editor", "admin")
MAX_NAME_CHARS = 40
OPERATOR = ResponderId("operator")  # who acts by the command line; nobody can log in under it
_LOG_IN = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_NOT_IN_NAMES = re.compile(r"[<>\x00-\x1f\x7f]")


class AccountRejected(BotError):
    """The account cannot be made, changed or removed like that."""


async def invite(
    accounts: Accounts,
    *,
    account_id: str,
    name: str | None = None,
    role: Role | None = None,
    clock: Clock,
    base_url: str,
    desk: Desk | None = None,
    by: ResponderId = OPERATOR,
) -> str:
    """Add an account, or let a known one choose a new password, and return the link that does it.

    The link works once, for ``LINK_FOR``. Its secret stands behind ``#``, which no browser sends to a server, so that it is
    in no log; of it the store holds only a hash.

    Args:
        accounts: where accounts are kept.
        account_id: the log-in name; capitals are taken for small letters.
        name: what visitors read; the known one, or the log-in name with a capital, where none is given.
        role: the known one where none is given; the first account of all is an admin, and others are responders.
        clock: what time it is.
        base_url: where the server is reached, without a slash at the end.
        desk: where the audit trail is kept, to add a line to it.
        by: who invites.

    Raises:
        AccountRejected: the log-in name, the name or the role is not of the form that is needed.
        StoreUnavailable: nothing was recorded.
    """
    account_id = checked_id(account_id)
    known = await accounts.account(ResponderId(account_id))
    account = Account(
        id=ResponderId(account_id),
        name=checked_name(name if name is not None else known.name if known else account_id.capitalize()),
        role=role or (known.role if known else "responder" if await accounts.accounts() else "admin"),
        is_active=known.is_active if known else True,  # who was shut out comes back by using the link, not by being sent one
    )
    if account.role not in ROLES:
        raise AccountRejected(f"There is no such role. Choose one of {', '.join(ROLES)}.")
    secret = secrets.token_urlsafe(32)
    now = clock.now()
    await accounts.invite(account, hash_of(secret), now + LINK_FOR)
    if desk is not None:
        await desk.audit(Audited(at=now, by=by, did=f"invited {account.id}"))
    return f"{base_url}/desk/welcome#{secret}"


async def remove(
    accounts: Accounts, *, account_id: str, clock: Clock, desk: Desk | None = None, by: ResponderId = OPERATOR
) -> None:
    """Shut an account out at once; what it did stays in the audit trail.

    Raises:
        AccountRejected: there is no such account.
        StoreUnavailable: nothing was recorded.
    """
    found = ResponderId(checked_id(account_id))
    if not await accounts.deactivate(found):
        raise AccountRejected("There is no such account. `desk list` shows all.")
    if desk is not None:
        await desk.audit(Audited(at=clock.now(), by=by, did=f"shut out {found}"))


async def listed(accounts: Accounts) -> list[str]:
    """Return all accounts as lines for a terminal: log-in name, name, role, and how they stand."""
    return [f"{each.id:<20} {each.name:<20} {each.role:<10} {state_of(each)}" for each in await accounts.accounts()]


def state_of(account: Account) -> str:
    """Return how an account stands, in a word or two."""
    if not account.is_active:
        return "shut out"
    return "active" if account.password_hash else "invited"


def checked_id(given: str) -> str:
    """Return a log-in name as it is kept.

    Raises:
        AccountRejected: it is none.
    """
    account_id = given.strip().lower()
    if not _LOG_IN.fullmatch(account_id) or account_id == OPERATOR:
        raise AccountRejected("A log-in name has 1 to 40 letters a to z, digits, dots, hyphens or underscores: dana.k")
    return account_id


def checked_name(given: str) -> str:
    """Return the name that visitors read.

    Raises:
        AccountRejected: it is empty, too long, or holds what no name does.
    """
    name = " ".join(given.split())
    if not name or len(name) > MAX_NAME_CHARS or _NOT_IN_NAMES.search(name):
        raise AccountRejected(f"The name that visitors read has 1 to {MAX_NAME_CHARS} characters, such as Dana.")
    return name


def hash_of(secret: str) -> bytes:
    """Return what is kept of a secret of 32 random bytes, which needs no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
