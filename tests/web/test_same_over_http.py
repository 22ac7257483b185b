"""What is decided over HTTP, by a process on SQLite, is what is decided within Python on the store in memory."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from adapters.store.sqlite import open_store
from bot.assembly import Core
from bot.memory import FixedClock, FixedTeam, MemoryStore
from bot.model import ConversationId, Turn
from bot.ports import Reach
from bot.turns import as_json
from tests.conftest import ROOT, a_message, conversations_of
from tests.web.processes import Process, kept_in, serving
from tests.web.sites import Visitor

QUESTIONS, MESSAGES = 120, 80
AT_ONCE = 8
COUNTRY = "US"
# All of a turn but how long it took; the words too, since they are what a visitor gets.
DECIDED = ("kind", "answer_ids", "score", "handoff", "latched", "text", "choices", "sources")


def every_kth(files: Sequence[Path], most: int) -> list[str]:
    """Return so many texts of labelled files, evenly spread over all of them: always the same ones."""
    lines = [json.loads(line)["text"] for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return lines[:: len(lines) // most][:most]


def the_texts() -> list[str]:
    """Return the questions and messages that are asked both ways."""
    questions = every_kth(sorted((ROOT / "tests" / "eval").glob("dev_*.jsonl")), QUESTIONS)
    return questions + every_kth(sorted((ROOT / "tests" / "safety").glob("dev_*.jsonl")), MESSAGES)


async def in_process(core: Core, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Ask within this process, each text in a conversation of its own."""
    team = FixedTeam(Reach(can_be_told=False))  # as it is for a process without settings
    clock = FixedClock(datetime.now(UTC))
    conversations = conversations_of(core, MemoryStore(), clock, country=COUNTRY, team=team)
    turns = [await conversations.handle(a_message(text, f"c-{n}")) for n, text in enumerate(texts)]
    return [decided(as_json(turn)) for turn in turns]


async def over_http(web_client: ClientSession, process: Process, texts: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    """Ask a process, some at once, each text in a conversation of its own; return each with the conversation's id."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def ask(text: str) -> tuple[str, dict[str, Any]]:
        async with gate:
            visitor = await Visitor(web_client, process).arrive()
            return visitor.id, await visitor.say(text)

    return await asyncio.gather(*map(ask, texts))


def decided(turn: dict[str, Any]) -> dict[str, Any]:
    """Return what was decided, of a turn as JSON."""
    return {name: turn[name] for name in DECIDED}


@pytest.fixture
async def process(core: Core, tmp_path: Path) -> AsyncIterator[Process]:
    """A process with the real pack, whose index ``core`` has saved, on a database of its own."""
    assert core.book.answers
    settings = {"HANDRAIL_KNOWLEDGE": "knowledge", "HANDRAIL_COUNTRY": COUNTRY, "HANDRAIL_RATE_STARTS": "10000"}
    async with serving(ROOT / "var", **kept_in(tmp_path), **settings) as process:
        yield process


async def test_the_same_is_decided_over_http_as_in_process(
    core: Core, web_client: ClientSession, process: Process, tmp_path: Path
) -> None:
    """Kind, answers, score and words are the same to the letter, are recorded, and are read back as they were."""
    texts = the_texts()
    expected = await in_process(core, texts)
    got = await over_http(web_client, process, texts)
    async with open_store(tmp_path / "handrail.db") as store:
        recorded: list[list[Turn]] = [await store.of(ConversationId(conversation)) for conversation, _ in got]

    assert len(texts) == QUESTIONS + MESSAGES
    assert [decided(turn) for _, turn in got] == expected
    assert all(turn["receipt"]["recorded"] for _, turn in got)
    assert [[decided(as_json(turn)) for turn in turns] for turns in recorded] == [[each] for each in expected]
    assert len({each["kind"] for each in expected}) >= 9  # the choice has nearly every kind in it
