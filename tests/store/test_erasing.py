"""What is erased is in none of the files any more, byte for byte."""

import asyncio
import contextlib
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.store.sqlite import SqliteStore, back_up, open_store, restore
from adapters.store.sqlite.connections import connect
from bot.handoff import Claimed
from bot.model import Conversation, ConversationId, Handoff, Kind, MessageId, PersonSaid, Reply
from bot.staff import Note, Rated
from tests.conftest import DANA, NOON, a_turn

HERE, ELSEWHERE = ConversationId("c-1"), ConversationId("c-2")
MARK = "marked-words"


def bytes_of(path: Path) -> bytes:
    """All that stands in the database and beside it."""
    return b"".join(each.read_bytes() for each in path.parent.iterdir() if each.name.startswith(path.name))


async def say_everything(store: SqliteStore, here: ConversationId = HERE) -> None:
    """Write the marked words wherever somebody can write something."""
    await store.start(Conversation(id=here, locale=f"en-{MARK}", started_at=NOON))
    handoff = Handoff(conversation_id=here, kind=Kind.HUMAN, opened_at=NOON, urgent=False, message_ids=(MessageId(MARK),))
    turn = replace(a_turn(MARK, here), visitor_text=MARK * 700, reply=Reply(text=MARK))
    await store.append(turn, handoff)
    await store.act(here, Claimed(by=DANA), NOON)
    said = PersonSaid(conversation_id=here, message_id=MessageId(MARK), at=NOON, responder=DANA.id, name=MARK, text=MARK * 3)
    await store.say(said)
    await store.leave_contact(here, MARK)
    await store.add_note(Note(conversation_id=here, at=NOON, by=DANA.id, text=MARK))
    await store.rate(Rated(conversation_id=here, n=1, at=NOON, verdict="down", reason=MARK))
    await store.settle(here, MessageId(MARK))


async def test_erased_text_is_in_no_file(tmp_path: Path) -> None:
    """Neither in the database nor in its log, the moment the erasure is acknowledged; the other conversation stays."""
    path = tmp_path / "handrail.db"
    async with open_store(path) as store:
        await say_everything(store)
        await store.append(a_turn(conversation="c-2"))
        assert MARK.encode() in bytes_of(path)
        await store.erase(HERE, NOON)
        assert MARK.encode() not in bytes_of(path)
        assert len(await store.of(ELSEWHERE)) == 1


async def test_a_contact_that_is_taken_back_is_in_no_file(tmp_path: Path) -> None:
    """Nor is one that was replaced by another."""
    path = tmp_path / "handrail.db"
    async with open_store(path) as store:
        await store.append(a_turn())
        for contact in (f"{MARK} one", "another", f"{MARK} two", ""):
            await store.leave_contact(HERE, contact)
            assert (MARK.encode() in bytes_of(path)) is (MARK in contact)


@pytest.mark.parametrize("seed", range(3))
async def test_what_is_past_its_time_is_in_no_file(tmp_path: Path, seed: int) -> None:
    """Among many conversations of every length, in whatever order their pages came to lie and space was given back."""
    path, chance = tmp_path / "handrail.db", random.Random(seed)  # noqa: S311
    async with open_store(path, synchronous="normal") as store:
        for day in range(3):
            now = NOON + timedelta(days=day)
            names = [ConversationId(f"c-{day}-{n}") for n in range(100)]
            old = set(chance.sample(names, 60))
            for n in range(700):
                here = chance.choice(names)
                is_old = here in old
                words = (MARK if is_old else "other words") * chance.choice([0, 1, 5, 30, 200, 900])
                at = now if is_old else now + timedelta(days=90)
                await store.append(replace(a_turn(f"m-{n}", here), at=at, visitor_text=words))
                await talk_about(store, here, words, chance)
                if is_old and chance.random() < 0.02:
                    await store.erase(here, now)
                    names[names.index(here)] = ConversationId(f"c-{day}-{n}-again")  # what was erased takes no more
            limit = now + timedelta(hours=12)
            await store.expire(ordinary_before=limit, crisis_before=limit, at=now, dry_run=False)
            assert MARK.encode() not in bytes_of(path)
        assert b"other words" in bytes_of(path)


async def talk_about(store: SqliteStore, here: ConversationId, words: str, chance: random.Random) -> None:
    """Now and then leave a contact, a note or a reason, of any length."""
    match chance.randrange(12):
        case 0:
            await store.leave_contact(here, words)
        case 1:
            await store.add_note(Note(conversation_id=here, at=NOON, by=DANA.id, text=words))
        case 2:
            await store.rate(Rated(conversation_id=here, n=1, at=NOON, verdict="down", reason=words))
        case _:
            pass


async def test_space_is_given_back(tmp_path: Path) -> None:
    """Once everything before is past its time, new text goes where the old was, and the file stays as it is."""
    path = tmp_path / "handrail.db"
    sizes = []
    async with open_store(path, synchronous="normal") as store:
        for day in range(5):
            now = NOON + timedelta(days=day)
            turns = [
                replace(a_turn(f"m-{n}", f"c-{day}-{n % 50}"), at=now, visitor_text="words" * 300) for n in range(2_000)
            ]
            await asyncio.gather(*map(store.append, turns))
            await store.expire(ordinary_before=now, crisis_before=now, at=now, dry_run=False)
            sizes.append(len(bytes_of(path)))
    assert sizes[-1] < 1.5 * sizes[1]


async def test_a_reader_that_is_slow_delays_the_emptying_of_the_log_and_does_not_prevent_it(tmp_path: Path) -> None:
    """Somebody who reads for long, such as a back-up, keeps the log; it is emptied when they have ended."""
    path = tmp_path / "handrail.db"
    async with open_store(path) as store:
        await say_everything(store)
        with contextlib.closing(connect(path, mode="ro")) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM entry").fetchone()
            await store.erase(HERE, NOON)
            assert MARK.encode() in bytes_of(path)
        async with asyncio.timeout(10):
            while MARK.encode() in bytes_of(path):
                await store.check()
        assert await store.of(HERE) == []


async def test_a_back_up_does_not_bring_back_what_was_erased_since(tmp_path: Path) -> None:
    """The receipts of the database are honoured, and kept; what was not erased comes back."""
    path, copy = tmp_path / "handrail.db", tmp_path / "copy.db"
    async with open_store(path) as store:
        await say_everything(store)
        await store.append(a_turn(conversation="c-2"))
        await asyncio.to_thread(back_up, path, copy)
        receipt = await store.erase(HERE, NOON + timedelta(days=1))
        await asyncio.to_thread(restore, copy, path)
        assert await store.of(HERE) == []
        assert await store.receipt(HERE) == receipt
        assert len(await store.of(ELSEWHERE)) == 1
        assert MARK.encode() not in bytes_of(path)
