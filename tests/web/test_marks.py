"""Marked words go down every path of a real process, faults included: none is in a log, a metric, a refusal or a file."""

import asyncio
import contextlib
import json
import signal
import socket
import sqlite3
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import cast

import pytest
from aiohttp import ClientSession, ClientTimeout, TCPConnector

from adapters.store.sqlite import back_up, open_store
from adapters.web.desk.accounts import invite
from bot.memory import SystemClock
from tests.web.desk.sites import Browser, DeskSite, Page
from tests.web.processes import Process, Webhook, kept_in, serving
from tests.web.sites import Got, Visitor
from tests.web.test_log_canary import HARDLY_HTTP, MARK, SAID, send_raw, ways_to_fail

ADDRESS = "203.0.113.77"  # the visitor's, as a proxy that is trusted tells it
DANGER = f"I want to kill myself tonight {MARK}"
PASSWORD = f"four words {MARK} together"
TYPED = f"my {MARK} password"  # where the name belongs

Serve = Callable[..., AbstractAsyncContextManager[Process]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The database of a test."""
    return tmp_path / "handrail.db"


@pytest.fixture
def serve(data_dir: Path, tmp_path: Path) -> Serve:
    """Start a process on that database which logs all it ever logs, behind a proxy."""
    settings = {**kept_in(tmp_path), "HANDRAIL_LOG_LEVEL": "debug", "HANDRAIL_TRUSTED_PROXIES": "1"}
    secret = {"HANDRAIL_TOKEN_SECRET": f"secret {MARK}"}
    return lambda **more: serving(data_dir, **settings, **secret, **more)


@pytest.fixture
async def marked_client() -> AsyncIterator[ClientSession]:
    """A browser that says the mark in every header that it sends by itself."""
    headers = {
        "User-Agent": f"Mozilla ({MARK})",
        "X-Forwarded-For": f"{MARK}, {ADDRESS}",
        "Referer": f"https://{MARK}.example/{MARK}?{MARK}",
        "Cookie": f"handrail-desk={MARK}",
        "Accept-Language": MARK,
    }
    own = TCPConnector(force_close=True)  # a connection for each call: the server hangs up on some that it cannot read
    async with ClientSession(connector=own, headers=headers, timeout=ClientTimeout(total=10)) as client:
        yield client


@pytest.fixture
async def dana(path: Path) -> str:
    """The code with which Dana gets into the desk."""
    async with open_store(path) as store:
        link = await invite(store, account_id="dana", clock=SystemClock(), base_url="http://here")
    return link.partition("#")[2]


def files(*folders: Path) -> dict[str, bytes]:
    """Return all files under folders, by their paths."""
    found = [each for folder in folders for each in folder.rglob("*") if each.is_file()]
    return {str(each): each.read_bytes() for each in found}


def besides(found: dict[str, bytes], database: str = "handrail.db") -> dict[str, bytes]:
    """Return the files that are no part of a database."""
    return {name: content for name, content in found.items() if not Path(name).name.startswith(database)}


def holding(secrets: Iterable[str], written: dict[str, str] | dict[str, bytes]) -> list[tuple[str, str]]:
    """Return which secret stands where."""
    as_bytes = {where: each.encode() if isinstance(each, str) else each for where, each in written.items()}
    return [(secret, where) for where, each in as_bytes.items() for secret in secrets if secret.encode() in each]


def refusals(got: Sequence[Got | Page]) -> dict[str, str]:
    """Return what was answered where something was refused, headers included."""
    refused = [each for each in got if each.status >= 400]
    return {f"answer {n}, {each.status}": f"{each.headers} {each.text}" for n, each in enumerate(refused)}


async def use_all_of_it(visitor: Visitor) -> list[Got]:
    """Do whatever a visitor can do, with the mark wherever it may stand."""
    uid = str(uuid.uuid4())
    for text in (*SAID, "hello"):
        await visitor.say(text)
    return [
        await visitor.post("messages", {"message_id": uid, "text": f"how much is the fine {MARK}"}),
        await visitor.post("messages", {"message_id": uid, "text": f"I meant something else {MARK}"}),
        await visitor.post("handoff", {"message_id": str(uuid.uuid4()), "why": MARK}),
        await visitor.post("contact", {"contact": f"{MARK}@clinic.example"}),
        await visitor.post("contact", {"contact": f"ring {MARK}"}),
        await visitor.post("feedback", {"n": 2, "verdict": "down", "reason": "wrong"}),
        await visitor.post("presence", {"typing": True, "shown": 3, "left": True}),
        await visitor.get("transcript?format=txt"),
    ]


async def be_refused(visitor: Visitor) -> list[Got]:
    """Be refused in every way, each time with the mark."""
    call, messages = visitor.call, visitor.path("messages")
    return [
        *await ways_to_fail(visitor),
        await visitor.post("feedback", {"n": 1, "verdict": "down", "reason": MARK}),
        await visitor.post("contact", {"contact": MARK * 50}),
        await visitor.post("contact", {"contact": [MARK]}),
        await visitor.post("presence", {"typing": MARK, "shown": MARK, "left": MARK}),
        await visitor.post("handoff", {"message_id": MARK}),
        await call("POST", messages, raw=f'{{"{MARK}": '.encode()),
        await call("POST", messages, raw=MARK.encode() * 4, Content_Encoding="gzip"),
        await call("POST", messages, raw=MARK.encode() * 4, Content_Encoding=MARK),
        await call("POST", messages, {"text": MARK, "message_id": MARK}, Content_Type=f"text/{MARK}; charset={MARK}"),
        await call("GET", f"{visitor.path()}{MARK}/transcript"),
        await call("DELETE", visitor.path(), Authorization=f"Bearer {MARK}"),
        await call("DELETE", visitor.path(), Authorization=MARK),
        await call("GET", f"/desk/{MARK}/%ff%00{MARK}"),
        await call("POST", f"/desk/conversations/{MARK}/reply", raw=f"text={MARK}".encode()),
        await call("OPTIONS", messages, Origin=f"https://{MARK}.example", Access_Control_Request_Method=MARK),
    ]


async def test_what_a_visitor_sends_stays_in_the_database_until_it_is_erased(
    marked_client: ClientSession, serve: Serve, tmp_path: Path, data_dir: Path
) -> None:
    """Neither mark nor token nor address is written anywhere else; once erased, the mark is in no file at all."""
    async with serve() as process:
        visitor = await Visitor(marked_client, process).arrive(page=f"/{MARK}", locale=MARK)
        async with visitor.listen():
            await use_all_of_it(visitor)
            refused = refusals(await be_refused(visitor))
            for request in HARDLY_HTTP:
                await send_raw(process, request)
        metrics = (await visitor.call("GET", "/metrics")).text
        before = files(tmp_path, data_dir)
        erased = await visitor.call("DELETE", visitor.path())
        gone = {"gone": (await visitor.post("messages", {"message_id": str(uuid.uuid4()), "text": MARK})).text}
        code, out, err = await process.stopped_by(signal.SIGTERM)
    secrets = (MARK, visitor.token, ADDRESS)

    assert (code, erased.status, erased.json["turns"] > 10) == (0, 200, True)
    assert len(refused) > 30
    assert holding([MARK], {name: content for name, content in before.items() if str(tmp_path) in name}) != []
    assert holding(secrets, besides(before) | besides(files(tmp_path, data_dir))) == []
    assert holding([*secrets, visitor.id], {"out": out, "err": err, "metrics": metrics, "said": gone["gone"]}) == []
    assert holding(secrets, refused) == []
    assert "127.0.0.1" not in err + metrics
    assert holding(secrets, files(tmp_path)) == []


async def work_at_the_desk(browser: Browser, talk: str) -> list[Page]:
    """Do whatever a responder can do in a conversation, and what is refused, with the mark wherever it may stand."""
    ask = browser.ask
    return [
        await browser.get(talk),
        await ask(f"{talk}/reply", {"text": f"too soon {MARK}", "message_id": str(uuid.uuid4())}),
        await ask(f"{talk}/claim"),
        await ask(f"{talk}/reply", {"text": f"I am here {MARK}", "message_id": str(uuid.uuid4())}),
        await ask(f"{talk}/reply", {"text": MARK, "message_id": MARK}),
        await ask(f"{talk}/reply", {"text": MARK * 2_000, "message_id": str(uuid.uuid4())}),
        await ask(f"{talk}/note", {"text": f"a note {MARK}"}),
        await ask(f"{talk}/note", {"text": MARK * 9_000}),
        await ask(f"{talk}/typing", {"is_typing": MARK}),
        await ask(f"{talk}/transfer", {"to": MARK}),
        await ask(f"{talk}/close", {"verdict": MARK, "label": MARK}),
        await ask(f"{talk}/{MARK}", {"text": MARK}),
        await ask(f"/desk/conversations/{MARK}/claim", {"csrf": browser.csrf}),
        await ask(f"{talk}/note", {"csrf": MARK, "text": MARK}),
        await ask(f"{talk}/note", {"text": MARK}, Origin=f"https://{MARK}.example"),
        await browser.get(f"/desk/conversations/{MARK}?{MARK}"),
        await browser.get(f"/desk/static/{MARK}"),
        await browser.get("/desk/questions"),
        await ask("/desk/questions/settle", {"conversation": MARK, "message": MARK}),
        await ask(f"{talk}/close", {"verdict": "real", "label": "crisis-self", "severity": "high", "message_id": MARK}),
    ]


async def log_in_wrongly(browser: Browser, code: str) -> list[Page]:
    """Fail to get in."""
    return [
        await browser.log_in("dana", PASSWORD),
        await browser.log_in(TYPED, PASSWORD),
        await browser.log_in(MARK * 500, PASSWORD, to=f"/desk/{MARK}"),
        await browser.post("/desk/welcome", {"code": TYPED, "password": PASSWORD, "again": PASSWORD}),
        await browser.post("/desk/welcome", {"code": code, "password": PASSWORD, "again": MARK}),
        await browser.post("/desk/log-in", {"name": "dana", "password": PASSWORD}, Origin=f"https://{MARK}.example"),
    ]


async def test_what_is_typed_at_the_desk_is_in_no_log_and_no_other_file(
    marked_client: ClientSession, serve: Serve, dana: str, tmp_path: Path, data_dir: Path
) -> None:
    """Passwords are in no file from the beginning; notes and replies go with the conversation."""
    async with serve() as process, Browser(cast(DeskSite, process)) as browser:
        wrong = await log_in_wrongly(browser, dana)
        early = files(tmp_path, data_dir)
        entered = await get_in(browser, dana)
        visitor = await Visitor(marked_client, process).arrive()
        await visitor.say(DANGER)
        await visitor.post("contact", {"contact": f"ring {MARK}"})
        did = await work_at_the_desk(browser, f"/desk/conversations/{visitor.id}")
        metrics = (await visitor.call("GET", "/metrics")).text
        before = besides(files(tmp_path, data_dir))
        erased = await visitor.call("DELETE", visitor.path())
        _, out, err = await process.stopped_by(signal.SIGTERM)
    secrets = (MARK, visitor.token, ADDRESS, dana)

    assert (entered.status, erased.status) == (303, 200)
    assert f"ring {MARK}" in did[0].text
    assert f"a note {MARK}" in json.loads(did[6].text)["parts"]["notes"]
    assert {each.status for each in did} == {200, 204, 403, 404, 409, 422}
    assert holding(secrets, refusals(did)) == []
    assert holding([PASSWORD], refusals(wrong)) == []
    assert holding([TYPED, PASSWORD], early) == []
    assert holding([*secrets, visitor.id], {"out": out, "err": err, "metrics": metrics}) == []
    assert holding(secrets, before) == []
    assert holding(secrets, files(tmp_path)) == []


async def get_in(browser: Browser, code: str) -> Page:
    """Use an invitation, and take the token for what comes next."""
    page = await browser.post("/desk/welcome", {"code": code, "password": PASSWORD, "again": PASSWORD, "shown": "Dana"})
    browser.csrf = (await browser.get("/desk/questions")).csrf
    return page


async def until_failed(visitor: Visitor, times: int) -> str:
    """Look at the metrics until so many alerts have failed; return them."""
    async with asyncio.timeout(20):
        while True:
            metrics = (await visitor.call("GET", "/metrics")).text
            failed = [line for line in metrics.splitlines() if line.startswith('handrail_alerts_total{outcome="failed"}')]
            if failed and float(failed[0].split()[-1]) >= times:
                return metrics


async def test_alerts_that_fail_are_told_by_their_place_alone(
    marked_client: ClientSession, serve: Serve, tmp_path: Path, data_dir: Path
) -> None:
    """Receivers that refuse in marked words, are not there, or are no addresses leave neither words nor addresses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = server.getsockname()[1]
    async with Webhook.open(status=500, answer=f'{{"error": "{MARK}"}}') as hook:
        there = f"127.0.0.1:{hook.port}/hook"
        urls = f"json://{there}?+X={MARK} json://{MARK}:{MARK}@{there} json://127.0.0.1:{nobody}/{MARK} gibberish://{MARK}"
        async with serve(HANDRAIL_ALERT_URLS=urls, HANDRAIL_ALERT_TEXT="true") as process:
            visitor = await Visitor(marked_client, process).arrive()
            await visitor.say(DANGER)
            metrics = await until_failed(visitor, 3)
            erased = await visitor.call("DELETE", visitor.path())
            _, out, err = await process.stopped_by(signal.SIGTERM)
    secrets = (MARK, visitor.token, ADDRESS, f"127.0.0.1:{hook.port}", f"127.0.0.1:{nobody}")

    assert erased.status == 200
    assert any(MARK in body for body in hook.bodies)  # which was allowed
    assert err.count("an alert channel failed") >= 3
    assert "address 4" in err
    assert holding([*secrets, visitor.id, "127.0.0.1"], {"err": err, "metrics": metrics}) == []
    assert holding(secrets, {"out": out}) == []
    assert holding(secrets, files(tmp_path) | besides(files(data_dir))) == []


# What makes SQLite, or the reading of what it gives, fail with the mark in the words of the error.
CHANGES = {
    "a schema that is none": "PRAGMA writable_schema = ON; UPDATE sqlite_master SET name = 'MARK', sql = 'MARK (' "
    "WHERE name = 'receipt'",
    "rows that are no JSON": "UPDATE entry SET payload = 'MARK'",
    "rows that are no text": "UPDATE entry SET payload = CAST('MARK' || x'ff' AS TEXT)",
    "rows of another kind": """UPDATE entry SET payload = replace(payload, '"answer"', '"MARK"')""",
}


def spoilt(good: Path) -> dict[str, bytes | None]:
    """Return what may come to stand where a database was; None for a folder."""
    whole, changed = good.read_bytes(), {}
    for name, change in CHANGES.items():
        copy = good.with_name("copy")
        copy.write_bytes(whole)
        with contextlib.closing(sqlite3.connect(copy)) as connection:
            connection.executescript(change.replace("MARK", MARK))
        changed[name] = copy.read_bytes()
        copy.unlink()
    read_only = whole[:18] + b"\x03" + whole[19:]  # as the header of the file says
    return {**changed, "garbage": MARK.encode() * 10_000, "read-only": read_only, "a folder": None}


def put(path: Path, content: bytes | None) -> None:
    """Put a database, or a folder, in the place of the one that a process has open."""
    for each in path.parent.glob(f"{path.name}*"):
        if each.is_dir():
            each.rmdir()
        elif each != path:
            each.unlink()
    if content is None:
        path.unlink()
        path.mkdir()
        return
    part = path.with_name("part")
    part.write_bytes(content)
    part.chmod(0o600)
    part.replace(path)


async def without_a_store(visitor: Visitor, browser: Browser) -> list[Got | Page]:
    """Call whatever needs the store, with the mark; first of all, danger."""
    danger = await visitor.post("messages", {"message_id": str(uuid.uuid4()), "text": DANGER})
    assert (danger.json["kind"], danger.json["receipt"]["recorded"]) == ("crisis", False)
    talk = f"/desk/conversations/{visitor.id}"
    may_show: list[Got | Page] = [await visitor.get("transcript"), await browser.get(talk)]  # where the store can be read
    return [
        *(each for each in may_show if each.status >= 400),
        danger,
        await visitor.post("messages", {"message_id": str(uuid.uuid4()), "text": f"how much is the fine {MARK}"}),
        await visitor.post("contact", {"contact": f"ring {MARK}"}),
        await visitor.post("feedback", {"n": 1, "verdict": "up"}),
        await visitor.call("DELETE", visitor.path()),
        await browser.ask(f"{talk}/note", {"text": f"a note {MARK}"}),
        await browser.log_in("dana", f"wrong {PASSWORD}"),
        await visitor.call("GET", "/readyz"),
        await visitor.call("GET", "/metrics"),
    ]


async def test_a_database_that_fails_is_told_by_the_type_of_its_error(
    marked_client: ClientSession, serve: Serve, dana: str, path: Path, data_dir: Path
) -> None:
    """Whatever comes to stand in its place, danger is helped, no mark gets out, and the good one is used when it is back."""
    good, answers, recovered = path.with_name("good.db"), [], []
    async with serve() as process, Browser(cast(DeskSite, process)) as browser:
        await get_in(browser, dana)
        visitor = await Visitor(marked_client, process).arrive()
        await visitor.say(f"how much is the fine {MARK}")
        back_up(path, good)
        for content in spoilt(good).values():
            put(path, content)
            answers += await without_a_store(visitor, browser)
            put(path, good.read_bytes())
            recovered.append((await visitor.say(f"hello {MARK}"))["receipt"]["recorded"])
        erased = await visitor.call("DELETE", visitor.path())
        code, out, err = await process.stopped_by(signal.SIGTERM)
    good.unlink()
    secrets = (MARK, visitor.token, ADDRESS, dana)

    assert (code, erased.status) == (0, 200)
    assert recovered == [True] * (len(CHANGES) + 3)
    assert holding(secrets, {f"{n}, {each.status}": f"{each.headers} {each.text}" for n, each in enumerate(answers)}) == []
    assert holding([*secrets, visitor.id], {"out": out, "err": err}) == []
    assert "StoreDamaged" in err
    assert holding(secrets, files(path.parent) | besides(files(data_dir))) == []
