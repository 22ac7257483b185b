"""What every store must do with those who may use the desk."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.model import ResponderId
from bot.ports import Store
from bot.staff import Account, DeskSession
from tests.conftest import NOON
from tests.contract.stores import STORES

DANA = Account(id=ResponderId("dana"), name="Dana", role="responder")
LINK, OTHER_LINK, TOKEN = b"\x01" * 32, b"\x02" * 32, b"\x03" * 32
SOON = NOON + timedelta(hours=1)


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Each store in turn, empty."""
    async with STORES[request.param](tmp_path) as opened:
        yield opened


async def join(store: Store) -> Account:
    """Invite Dana, who uses the link."""
    await store.invite(DANA, LINK, SOON)
    account = await store.accept(LINK, "hash", NOON)
    assert account is not None
    return account


def a_session(account: Account = DANA) -> DeskSession:
    """A log-in for an hour."""
    return DeskSession(token_hash=TOKEN, account=account, csrf="csrf", until=SOON)


async def test_who_is_invited_has_an_account_without_a_password(store: Store) -> None:
    """Until the link is used nobody can log in with it."""
    await store.invite(DANA, LINK, SOON)
    assert await store.account(DANA.id) == DANA
    assert await store.invited(LINK, NOON) == DANA


async def test_a_link_sets_the_password_once(store: Store) -> None:
    """Used, it is worth nothing."""
    joined = await join(store)
    assert joined == await store.account(DANA.id) == replace(DANA, password_hash="hash")
    assert (await store.accept(LINK, "other", NOON), await store.invited(LINK, NOON)) == (None, None)
    assert await store.account(DANA.id) == joined


async def test_of_two_who_use_a_link_at_once_one_wins(store: Store) -> None:
    """The other gets nothing, and changes nothing."""
    await store.invite(DANA, LINK, SOON)
    one, two = await asyncio.gather(*(store.accept(LINK, hashed, NOON) for hashed in ("one", "two")))
    [won] = [each for each in (one, two) if each is not None]
    assert await store.account(DANA.id) == won


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1)])
async def test_a_link_ends_at_its_time(store: Store, late: timedelta) -> None:
    """From that moment on it is as if it had never been."""
    await store.invite(DANA, LINK, SOON)
    assert (await store.invited(LINK, SOON + late), await store.accept(LINK, "hash", SOON + late)) == (None, None)


async def test_a_new_link_replaces_the_one_before(store: Store) -> None:
    """Only the newest can be used; the password stays until it is, while name and role change at once."""
    await join(store)
    await store.invite(DANA, LINK, SOON)
    await store.invite(replace(DANA, name="Dana K.", role="admin"), OTHER_LINK, SOON)
    assert await store.invited(LINK, NOON) is None
    assert await store.invited(OTHER_LINK, NOON) == replace(DANA, name="Dana K.", role="admin", password_hash="hash")


async def test_a_new_password_ends_the_sessions(store: Store) -> None:
    """Whoever was logged in before is no more."""
    await store.open_session(a_session(await join(store)))
    await store.invite(DANA, OTHER_LINK, SOON)
    assert await store.session(TOKEN, NOON) is not None
    await store.accept(OTHER_LINK, "new", NOON)
    assert await store.session(TOKEN, NOON) is None


async def test_a_session_lasts_until_its_time(store: Store) -> None:
    """It has the account as it is now, and is not there from its end on."""
    account = await join(store)
    await store.open_session(a_session())
    assert await store.session(TOKEN, NOON) == a_session(account)
    assert (await store.session(TOKEN, SOON), await store.session(LINK, NOON)) == (None, None)


async def test_a_log_out_ends_the_session(store: Store) -> None:
    """A second time changes nothing."""
    await store.open_session(a_session(await join(store)))
    for _ in range(2):
        await store.end_session(TOKEN)
    assert await store.session(TOKEN, NOON) is None


async def test_who_is_shut_out_is_out_at_once(store: Store) -> None:
    """Sessions end, and a link that was not used yet opens nothing any more."""
    await store.open_session(a_session(await join(store)))
    await store.invite(DANA, OTHER_LINK, SOON)
    assert await store.deactivate(DANA.id) is True
    assert (await store.session(TOKEN, NOON), await store.invited(OTHER_LINK, NOON)) == (None, None)
    account = await store.account(DANA.id)
    assert account is not None
    assert not account.is_active


async def test_who_is_not_there_cannot_be_shut_out(store: Store) -> None:
    """The caller learns that the name was wrong."""
    assert await store.deactivate(ResponderId("nobody")) is False
    assert await store.account(ResponderId("nobody")) is None


async def test_accounts_are_listed_by_their_log_in_name(store: Store) -> None:
    """All of them, also those who are shut out."""
    for n, name in enumerate(["sam", "alex", "dana"]):
        await store.invite(replace(DANA, id=ResponderId(name)), bytes([n]), SOON)
    await store.deactivate(ResponderId("alex"))
    assert [(each.id, each.is_active) for each in await store.accounts()] == [
        ("alex", False),
        ("dana", True),
        ("sam", True),
    ]
