"""Two responders claim at once, over HTTP, from a process on SQLite: one of them has it, and the other is told who."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout

from adapters.store.sqlite import open_store
from adapters.web.desk.accounts import hash_of, invite
from bot.handoff import open_for
from bot.memory import SystemClock
from bot.model import ConversationId, Fact, Happened, Kind, Owner, ResponderId
from bot.staff import DeskSession
from tests.conftest import a_message, a_turn
from tests.web.processes import Process, kept_in, serving

TRIES = 100
AT_ONCE = 10  # conversations that two people reach for at the same moment


@dataclass(frozen=True)
class AtTheDesk:
    """A responder whose browser is logged in."""

    name: str
    client: ClientSession
    url: str
    csrf: str

    async def claim(self, conversation: ConversationId) -> tuple[int, Any]:
        """Press the button; return the status and what came back."""
        headers = {"Accept": "application/json", "Origin": self.url, "X-CSRF-Token": self.csrf}
        path = f"/desk/conversations/{conversation}/claim"
        async with self.client.post(self.url + path, headers=headers) as response:
            return response.status, await response.json()


@pytest.fixture
async def process(tmp_path: Path, data_dir: Path) -> AsyncIterator[Process]:
    """A process on a database of its own."""
    async with serving(data_dir, **kept_in(tmp_path)) as process:
        yield process


@pytest.fixture
async def team(tmp_path: Path, process: Process) -> AsyncIterator[list[AtTheDesk]]:
    """Dana and Sam, logged in past the slow look at the password."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(tmp_path / "handrail.db"))
        people = []
        for name in ("Dana", "Sam"):
            link = await invite(store, account_id=name, role="responder", clock=clock, base_url=process.url)
            account = await store.accept(hash_of(link.partition("#")[2]), "a hash", clock.now())
            assert account is not None
            token, csrf = secrets.token_urlsafe(8), secrets.token_urlsafe(8)
            until = clock.now() + timedelta(hours=1)
            session = DeskSession(token_hash=hash_of(token), account=account, csrf=csrf, until=until)
            await store.open_session(session)
            client = ClientSession(headers={"Cookie": f"handrail-desk={token}"}, timeout=ClientTimeout(total=10))
            people.append(AtTheDesk(name, await stack.enter_async_context(client), process.url, csrf))
        yield people


async def let_wait(path: Path) -> list[ConversationId]:
    """Let as many visitors wait as there are tries."""
    names = [ConversationId(f"c-{n}") for n in range(TRIES)]
    async with open_store(path) as store:
        for name in names:
            message = a_message("a question", name, "m-1")
            turn = a_turn("m-1", name, kind=Kind.CRISIS)
            await store.append(turn, open_for(message, Kind.CRISIS, SystemClock().now()))
    return names


async def both_claim(team: Sequence[AtTheDesk], conversation: ConversationId, n: int) -> tuple[str, str]:
    """Let both claim at once, in turn the one or the other first; return who has it, and what the other was told."""
    first, second = team if n % 2 else reversed(team)
    answers = await asyncio.gather(first.claim(conversation), second.claim(conversation))
    won = [each.name for each, (status, _) in zip((first, second), answers, strict=True) if status == 200]
    told = [body["error"] for status, body in answers if status == 409]
    assert (len(won), len(told)) == (1, 1)
    return won[0], told[0]


async def test_of_two_who_claim_at_once_one_has_it_and_the_other_is_told_who(team: list[AtTheDesk], tmp_path: Path) -> None:
    """A hundred times: one winner, who is the owner on record, and one fact, one line of the audit trail, one name said."""
    path = tmp_path / "handrail.db"
    names = await let_wait(path)
    outcome: list[tuple[str, str]] = []
    for begin in range(0, TRIES, AT_ONCE):
        some = list(enumerate(names))[begin : begin + AT_ONCE]
        outcome += await asyncio.gather(*(both_claim(team, name, n) for n, name in some))

    async with open_store(path) as store:
        for name, (winner, told) in zip(names, outcome, strict=True):
            standing = await store.standing(name)
            facts = [each for each in await store.entries(name) if isinstance(each, Fact)]
            assert (standing.owner, standing.responder and standing.responder.name) == (Owner.PERSON, winner)
            assert re.findall(r"\b(Dana|Sam)\b", told) == [winner]
            assert [(each.what, each.name) for each in facts] == [(Happened.HERE, winner)]
            assert [(each.by, each.did) for each in await store.audited(10, name)] == [
                (ResponderId(winner.lower()), "claimed")
            ]
    assert {winner for winner, _ in outcome} == {"Dana", "Sam"}  # neither was always too late to be in the race
