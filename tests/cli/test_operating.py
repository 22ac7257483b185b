"""What an operator does at a shell: back-ups, expiry, accounts and alerts; and what a server says without its database."""

import asyncio
import re
import signal
import sqlite3
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientTimeout

from adapters.store.sqlite import open_store
from adapters.web.desk.accounts import hash_of
from bot.handoff import Closed, open_for
from bot.memory import SystemClock
from bot.model import ConversationId, Kind
from bot.staff import Account
from tests.cli.conftest import Run
from tests.conftest import DANA, a_message, a_turn
from tests.store.files import set_version
from tests.web.processes import Process, Webhook, kept_in, serving
from tests.web.sites import Visitor

DANGER = "I want to kill myself tonight"
LINK = re.compile(r"http://127\.0\.0\.1:8080/desk/welcome#([\w-]{43})")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The database of a test."""
    return tmp_path / "handrail.db"


@pytest.fixture
def at_shell(run: Run, path: Path) -> Run:
    """Run a command on that database."""

    def _run(*arguments: str, **settings: str) -> object:
        return run(*arguments, database_url=f"sqlite:///{path}", **settings)

    return _run  # type: ignore[return-value]


@pytest.fixture
async def web_client() -> AsyncIterator[ClientSession]:
    """A client that gives up after ten seconds."""
    async with ClientSession(timeout=ClientTimeout(total=10)) as client:
        yield client


@pytest.fixture
async def process(data_dir: Path, tmp_path: Path) -> AsyncIterator[Process]:
    """A process that serves from that database."""
    async with serving(data_dir, **kept_in(tmp_path)) as process:
        yield process


@pytest.fixture
async def visitor(web_client: ClientSession, process: Process) -> Visitor:
    """Somebody who has said one thing."""
    visitor = await Visitor(web_client, process).arrive()
    await visitor.say("when do you open")
    return visitor


async def said(visitor: Visitor) -> list[str]:
    """Return what a visitor said, as it is on record."""
    turns = (await visitor.get("transcript")).json["turns"]
    return [each["text"] for each in turns if each["author"] == "visitor"]


def former(path: Path) -> list[Path]:
    """Return the databases that were kept when another one was put in their place."""
    return list(path.parent.glob(f"{path.name}.*.before-restore"))


def files_of(path: Path) -> dict[str, bytes]:
    """Return all that stands where a database is, by name."""
    return {each.name: each.read_bytes() for each in path.parent.iterdir()}


def spoil(path: Path) -> None:
    """Write garbage over a database, past whoever has it open."""
    with path.open("rb+") as file:
        file.write(b"garbage " * (path.stat().st_size // 8))


async def test_a_back_up_is_put_back_while_the_server_runs(visitor: Visitor, at_shell: Run, tmp_path: Path) -> None:
    """The process that serves goes on from what was restored, and the former database is kept."""
    backup = tmp_path / "backup.db"
    made = at_shell("backup", str(backup))
    await visitor.say("how much is the fine")
    put_back = at_shell("restore", str(backup))
    restored = await said(visitor)
    turn = await visitor.say("hello")

    assert (made.returncode, put_back.returncode) == (0, 0)
    assert f"Backed up to {backup}, and checked." in made.stdout
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert restored == ["when do you open"]
    assert (turn["n"], turn["receipt"]["recorded"]) == (2, True)
    [kept] = former(tmp_path / "handrail.db")
    assert f"The former database is kept as {kept}" in put_back.stdout


async def test_who_came_after_the_back_up_keeps_their_conversation(
    web_client: ClientSession, data_dir: Path, at_shell: Run, path: Path
) -> None:
    """What they said is in the former database alone; their page goes on, and its token holds over a restart as before."""
    async with serving(data_dir, **kept_in(path.parent)) as process:
        at_shell("backup", str(path.with_name("backup.db")))
        visitor = await Visitor(web_client, process).arrive(country="GB")
        await visitor.say("hello")
        at_shell("restore", str(path.with_name("backup.db")))
        turn = await visitor.say(DANGER)
        await process.stopped_by(signal.SIGKILL)
    async with serving(data_dir, **kept_in(path.parent)) as process:
        visitor.site = process
        restored = await said(visitor)
        again = await visitor.say(DANGER)
        erased = await visitor.call("DELETE", visitor.path())

    assert (turn["n"], turn["receipt"]["recorded"]) == (1, True)
    assert restored == [DANGER]
    assert again["help"] == turn["help"]  # of the country that the page gave at the start
    assert (erased.status, erased.json["turns"]) == (200, 2)


async def test_a_back_up_never_replaces_a_file(visitor: Visitor, at_shell: Run, tmp_path: Path) -> None:
    """A name that is taken is refused with exit code 3, and the file is as it was."""
    assert visitor.id
    taken = tmp_path / "taken.db"
    taken.write_text("mine")
    done = at_shell("backup", str(taken))

    assert done.returncode == 3
    assert "There is a file of that name already. Give another one." in done.stderr
    assert taken.read_text() == "mine"


async def test_what_is_no_whole_back_up_is_refused(visitor: Visitor, at_shell: Run, tmp_path: Path) -> None:
    """One that is damaged, no database, another program's, from later, or not there: exit code 3, and nothing changes."""
    damaged, text, other, later = (tmp_path / name for name in ("damaged.db", "text.db", "other.db", "later.db"))
    for each in (damaged, later):
        at_shell("backup", str(each))
    with damaged.open("rb+") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)
    text.write_text("Dear diary")
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE diary (day)")
    connection.close()
    set_version(later, 999)
    said_of = {
        damaged: "The back-up is damaged, or is none. Take another one.",
        text: "The back-up is damaged, or is none. Take another one.",
        other: "That file is no database of Handrail.",
        later: "written by a later version",
        tmp_path / "nowhere.db": "There is no such file.",
    }
    done = {each: at_shell("restore", str(each)) for each in said_of}

    assert {each.returncode for each in done.values()} == {3}
    assert [each for each, words in said_of.items() if words not in done[each].stderr] == []
    assert all(each.stderr.strip().endswith("Nothing was changed.") for each in done.values())
    assert await said(visitor) == ["when do you open"]
    assert former(tmp_path / "handrail.db") == []


@pytest.fixture
async def old_conversations(path: Path) -> Path:
    """A database with one conversation of today, one of last month, and two with danger, of last month and last year."""
    now = SystemClock().now()
    ages = {"new": 0, "old": 40, "danger": 40, "old-danger": 400}
    async with open_store(path) as store:
        for name, days in ages.items():
            here, at = ConversationId(name), now - timedelta(days=days)
            kind = Kind.CRISIS if "danger" in name else Kind.ANSWER
            turn = replace(a_turn("m-1", name, kind=kind), at=at)
            await store.append(turn, open_for(a_message("x", name, "m-1"), kind, at) if kind is Kind.CRISIS else None)
            if kind is Kind.CRISIS:
                await store.act(here, Closed(by=DANA, verdict="real"), at)
    return path


async def test_expiry_is_counted_before_it_is_done(old_conversations: Path, at_shell: Run) -> None:
    """A dry run says what would be erased and changes nothing; without it that is erased, and then there is no more."""
    dry, wet, again = at_shell("expire", "--dry-run"), at_shell("expire"), at_shell("expire")
    async with open_store(old_conversations) as store:
        kept = [name for name in ("new", "old", "danger", "old-danger") if await store.of(ConversationId(name))]

    found = "1 conversations older than 30 days and 1 with danger older than 180 days"
    assert [each.returncode for each in (dry, wet, again)] == [0, 0, 0]
    assert dry.stdout.startswith(f"{found} would be erased, 2 turns")
    assert wet.stdout.startswith(f"{found} erased, 2 turns")
    assert again.stdout.startswith("0 conversations")
    assert kept == ["new", "danger"]


async def accounts(path: Path) -> list[Account]:
    """Return who may use the desk."""
    async with open_store(path) as store:
        return await store.accounts()


async def test_an_invitation_is_a_link_that_is_printed_once_and_kept_nowhere(path: Path, at_shell: Run) -> None:
    """It opens the account; the database has only its hash; a second one for the same person ends the first."""
    first, second = at_shell("desk", "add", "Dana", "--shown", "Dana K."), at_shell("desk", "add", "dana")
    [one], [other] = (LINK.findall(each.stdout) for each in (first, second))
    async with open_store(path) as store:
        invited = [await store.invited(hash_of(each), SystemClock().now()) for each in (one, other)]

    assert (first.returncode, second.returncode) == (0, 0)
    assert invited[0] is None
    assert invited[1] == Account(id=DANA.id, name="Dana K.", role="admin")  # the first of all is an admin
    assert first.stderr + second.stderr == ""
    assert [name for name, content in files_of(path).items() if other.encode() in content] == []


async def test_people_are_listed_and_shut_out(path: Path, at_shell: Run) -> None:
    """The list has log-in name, name, role and how each stands; who is shut out stays in it."""
    empty = at_shell("desk", "list")
    for arguments in (("ada",), ("dana",), ("ed", "--role", "editor")):
        at_shell("desk", "add", *arguments)
    removed, listed = at_shell("desk", "remove", "dana"), at_shell("desk", "list")

    assert "Nobody yet. Add the first with: desk add NAME" in empty.stdout
    assert removed.stdout == "dana is shut out, and logged out everywhere.\n"
    assert [line.split(maxsplit=3) for line in listed.stdout.splitlines()] == [
        ["ada", "Ada", "admin", "invited"],
        ["dana", "Dana", "responder", "shut out"],
        ["ed", "Ed", "editor", "invited"],
    ]
    assert {each.returncode for each in (empty, removed, listed)} == {0}
    assert [each.is_active for each in await accounts(path)] == [True, False, True]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["add", "dana", "--role", "boss"], "There is no such role. Choose one of responder, editor, admin."),
        (["add", "dana k"], "A log-in name has 1 to 40 letters"),
        (["add", "operator"], "A log-in name has 1 to 40 letters"),
        (["add", "dana", "--shown", "<b>"], "The name that visitors read has 1 to 40 characters"),
        (["remove", "nobody"], "There is no such account. `desk list` shows all."),
    ],
)
async def test_an_account_that_can_not_be_is_refused(arguments: list[str], words: str, path: Path, at_shell: Run) -> None:
    """Exit code 2 and one sentence that says what to do; nobody is invited."""
    done = at_shell("desk", *arguments)

    assert done.returncode == 2
    assert done.stderr.startswith(words)
    assert done.stderr.count("\n") == 1
    assert await accounts(path) == []


def test_alerts_without_an_address_reach_nobody(run: Run) -> None:
    """Exit code 3, and where it is told how to set one."""
    done = run("alerts", "test")

    assert done.returncode == 3
    assert "Nobody can be told: no alert address is set" in done.stdout
    assert "docs/alerts.md" in done.stdout


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [(200, 0, "step 1, channel 1: json: taken\n"), (500, 3, "step 1, channel 1: json: FAILED (NotDelivered)\n")],
)
async def test_a_test_of_alerts_says_what_became_of_it(run: Run, status: int, code: int, words: str) -> None:
    """A receiver that takes it is exit code 0, one that refuses it 3; it is marked as a test, and no address is shown."""
    async with Webhook.open(status=status, answer="secretword") as hook:
        done = await asyncio.to_thread(run, "alerts", "test", alert_urls=hook.url)

    assert (done.returncode, done.stdout) == (code, words)
    assert done.stderr == ""
    assert "TEST of Handrail's alerts: nobody waits" in hook.bodies[0]


async def test_an_address_that_can_not_be_used_is_named_by_its_place(run: Run) -> None:
    """Exit code 3 though the other one works; the address, which may hold a password, is not repeated."""
    async with Webhook.open() as hook:
        done = await asyncio.to_thread(run, "alerts", "test", alert_urls=f"{hook.url} | gibberish://secretword")

    assert done.returncode == 3
    assert "HANDRAIL_ALERT_URLS: address 2 (gibberish) is not one that Apprise understands." in done.stderr
    assert "channel 1: json: taken" in done.stdout
    assert "secretword" not in done.stdout + done.stderr


async def without_store(web_client: ClientSession, process: Process) -> None:
    """See what a server does without its database: danger gets its card, nothing is called recorded, it is not ready."""
    visitor = await Visitor(web_client, process).arrive()
    turn, other = await visitor.say(DANGER), await visitor.say("when do you open")
    ready = await visitor.call("GET", "/readyz")

    assert (turn["kind"], turn["receipt"]["recorded"], bool(turn["help"])) == ("crisis", False, True)
    assert (other["receipt"]["recorded"], other["answer_ids"]) == (False, [])
    assert (ready.status, ready.json["parts"]["store"]) == (503, False)


async def test_a_database_of_a_later_version_is_left_as_it_is(
    web_client: ClientSession, data_dir: Path, path: Path, at_shell: Run
) -> None:
    """The server starts, says so, and helps who is in danger; a command says so too and ends with 3."""
    await accounts(path)
    set_version(path, 999)
    before = files_of(path)[path.name]
    async with serving(data_dir, **kept_in(path.parent)) as process:
        await without_store(web_client, process)
        listed = at_shell("desk", "list")
        code, _, err = await process.stopped_by(signal.SIGTERM)

    assert code == 0
    assert "The database was written by a later version of Handrail." in err
    assert "danger still gets its numbers" in err
    assert (listed.returncode, listed.stderr.count("\n")) == (3, 1)
    assert files_of(path)[path.name] == before


async def test_a_corrupt_database_is_replaced_by_a_back_up_while_the_server_runs(
    web_client: ClientSession, data_dir: Path, path: Path, at_shell: Run
) -> None:
    """The server starts, says so, and helps who is in danger; once a good one is put back it records again by itself."""
    good = path.with_name("good.db")
    async with open_store(path) as store:
        await store.append(a_turn())
    at_shell("backup", str(good))
    spoil(path)
    async with serving(data_dir, **kept_in(path.parent)) as process:
        await without_store(web_client, process)
        restored = at_shell("restore", str(good))
        visitor = await Visitor(web_client, process).arrive()
        turn = await visitor.say(DANGER)
        code, _, err = await process.stopped_by(signal.SIGTERM)
    async with open_store(path) as store:
        recorded = [await store.of(ConversationId(each)) for each in ("c-1", visitor.id)]

    assert (restored.returncode, code) == (0, 0)
    assert "The database file is damaged. Restore a back-up: python run_bot.py restore FILE." in err
    assert turn["receipt"]["recorded"] is True
    assert [len(each) for each in recorded] == [1, 1]
