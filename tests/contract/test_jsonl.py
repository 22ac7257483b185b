"""``ask --jsonl`` as the design fixes it: fields, types, order, flushing, and a run that no line ends."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.terminal.jsonl import MAX_LINE_BYTES, answer_lines, lines_of
from bot.assembly import Core
from bot.conversation import Conversations
from bot.memory import FixedClock, MemoryStore
from bot.model import Kind
from tests.conftest import ROOT, SMALL_PACK, conversations_of

FIELDS = ["id", "kind", "answer_ids", "text", "score", "handoff", "latched", "choices", "sources", "ms"]


@pytest.fixture
def library(small_core: Core, store: MemoryStore, clock: FixedClock) -> Conversations:
    """The path of a message on the small pack."""
    return conversations_of(small_core, store, clock)


async def replies_to(library: Conversations, lines: Iterable[bytes | dict[str, Any]]) -> list[dict[str, Any]]:
    """What is written for these lines."""
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines]
    written = [line async for line in answer_lines(raw, library, FixedClock(library._clock.now()))]
    assert not any("\n" in line for line in written)
    return [json.loads(line) for line in written]


def a_line(text: str = "late fees", **more: object) -> dict[str, Any]:
    """One question."""
    return {"id": "1", "text": text, **more}


@pytest.mark.parametrize("text", ["late fees", "hi", "what is love", "", "i want to kill myself", "can i talk to a person"])
async def test_a_reply_has_these_fields_and_no_other(library: Conversations, text: str) -> None:
    """Names, order and types, whatever became of the question."""
    [reply] = await replies_to(library, [a_line(text)])
    assert list(reply) == FIELDS
    assert reply["kind"] in set(Kind)
    assert [type(reply[name]) for name in ("id", "text", "score", "latched", "ms")] == [str, str, float, bool, float]
    assert reply["handoff"] in {None, "offered", "opened"}
    assert all(isinstance(each, str) for each in reply["answer_ids"])
    assert 0 <= reply["score"] <= 1


async def test_choices_and_sources_have_their_fields(library: Conversations) -> None:
    """A choice is an id and a label; a source is what a visitor reads beside an answer."""
    [reply] = await replies_to(library, [a_line("how long can i keep a book")])
    assert reply["choices"][0] == {"id": "renewals", "label": "Can I renew a loan?"}
    assert list(reply["sources"][0]) == ["id", "title", "by", "date", "sections"]


async def test_replies_come_in_the_order_of_the_lines(library: Conversations) -> None:
    """One line out for each line in, with its id, whether it was answered or not."""
    lines: list[bytes | dict[str, Any]] = [{"id": str(n), "text": "late fees"} for n in range(5)]
    lines.insert(2, b"nonsense\n")
    replies = await replies_to(library, lines)
    assert [reply.get("id") for reply in replies] == ["0", "1", None, "2", "3", "4"]


async def test_an_id_may_be_a_number(library: Conversations) -> None:
    """A number comes back as a number."""
    [reply] = await replies_to(library, [{"id": 7, "text": "hi"}])
    assert reply["id"] == 7


async def test_lines_of_one_conversation_are_turns_of_it(library: Conversations) -> None:
    """A crisis latches the lines after it in its conversation, and no other line."""
    replies = await replies_to(
        library,
        [
            a_line("i want to kill myself", conversation="a"),
            a_line("late fees", conversation="a"),
            a_line("late fees", conversation="b"),
            a_line("late fees"),
        ],
    )
    assert [reply["latched"] for reply in replies] == [True, True, False, False]


async def test_the_same_id_twice_in_a_conversation_is_two_turns(library: Conversations) -> None:
    """``id`` tells lines apart for their sender; two lines are two messages."""
    replies = await replies_to(library, [a_line("late fees", conversation="a"), a_line("opening times", conversation="a")])
    assert [reply["answer_ids"] for reply in replies] == [["fines"], ["opening-hours"]]


@pytest.mark.parametrize("channel", ["web", "slack", "terminal"])
async def test_channel_and_locale_are_taken(library: Conversations, channel: str) -> None:
    """The optional fields of the contract are accepted, and fields it does not know are passed over."""
    [reply] = await replies_to(library, [a_line(channel=channel, locale="en-GB", more=[1, 2])])
    assert reply["kind"] == "answer"


@pytest.mark.parametrize(
    ("line", "known_id", "said"),
    [
        (b"nonsense", None, "is not JSON"),
        (b"{", None, "is not JSON"),
        (b'{"id": "1", "text": "a"} {"id": "2"}', None, "is not JSON"),
        (b"\xff\xfe\x00", None, "is not UTF-8"),
        (b"\x00\x01\x02", None, "is not JSON"),
        (b"[]", None, "the line"),
        (b'"text"', None, "the line"),
        (b"null", None, "the line"),
        (b"NaN", None, "line"),
        (b'{"text": "late fees"}', None, "id"),
        (b'{"id": "1"}', "1", "text"),
        (b'{"id": "1", "text": 5}', "1", "text"),
        (b'{"id": "1", "text": null}', "1", "text"),
        (b'{"id": null, "text": "hi"}', None, "id"),
        (b'{"id": true, "text": "hi"}', None, "id"),
        (b'{"id": 1.5, "text": "hi"}', None, "id"),
        (b'{"id": NaN, "text": "hi"}', None, ""),
        (b'{"id": Infinity, "text": "hi"}', None, ""),
        (b'{"id": ["1"], "text": "hi"}', None, "id"),
        (b'{"id": "1", "text": "hi", "conversation": ""}', "1", "conversation"),
        (b'{"id": "1", "text": "hi", "conversation": 5}', "1", "conversation"),
        (b'{"id": "1", "text": "hi", "channel": "fax"}', "1", "channel"),
        (b'{"id": "1", "text": "hi", "locale": 5}', "1", "locale"),
        (b"[" * 100_000 + b"]" * 100_000, None, "is not JSON"),
        (b'{"id": "1", "text": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001, None, ""),
        (b'{"id": ' + b"9" * 10_000 + b', "text": "hi"}', None, ""),
        (b'{"id": "1", "text": "' + b"a" * MAX_LINE_BYTES + b'"}', None, "is over 2,000,000 bytes"),
    ],
)
async def test_a_wrong_line_gets_an_error_and_the_run_goes_on(
    library: Conversations, line: bytes, known_id: str | None, said: str
) -> None:
    """The error says which line and what is wrong, carries the id where there is one, and the next line is answered."""
    error, reply = await replies_to(library, [line + b"\n", a_line()])
    assert set(error) == ({"id", "error"} if known_id else {"error"})
    assert error.get("id") == known_id
    assert said in error["error"]
    assert "line 1" in error["error"]
    assert reply["answer_ids"] == ["fines"]


async def test_an_error_never_repeats_what_was_typed(library: Conversations) -> None:
    """What a visitor wrote stays out of error messages, which end up in logs."""
    lines = [
        b'{"id": "1", "text": ["marked-words"]}\n',
        b"marked-words\n",
        b'{"id": "1", "text": "x", "channel": "marked-words"}',
    ]
    assert "marked-words" not in json.dumps(await replies_to(library, lines))


async def test_blank_lines_are_passed_over(library: Conversations) -> None:
    """Empty lines and lines of white space give nothing, and lines keep their numbers."""
    replies = await replies_to(library, [b"\n", b"  \t \r\n", a_line(), b"\n", b"nonsense\n"])
    assert [reply.get("id") for reply in replies] == ["1", None]
    assert "line 5" in replies[1]["error"]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"id": "1", "text": "late fees"}\r\n',
        b'\xef\xbb\xbf{"id": "1", "text": "late fees"}\n',
        b'  {"id": "1", "text": "late fees"}  \n',
        b'{"id": "1", "text": "late fees"}',
    ],
)
async def test_line_ends_and_marks_of_other_systems_are_read(library: Conversations, raw: bytes) -> None:
    """Windows line ends, a byte order mark, blanks around, and a last line without an end are no fault."""
    [reply] = await replies_to(library, [raw])
    assert reply["answer_ids"] == ["fines"]


@pytest.mark.parametrize("text", ["\ud800", "late \udfff fees", "\u0000", "\u202elate fees", "\U0001f642"])
async def test_odd_characters_are_answered(library: Conversations, text: str) -> None:
    """Half surrogates, null bytes and direction marks in a text are handled like any other."""
    [reply] = await replies_to(library, [a_line(text)])
    assert list(reply) == FIELDS


async def test_half_a_surrogate_as_id_or_conversation_is_survived(library: Conversations) -> None:
    """What cannot be written as UTF-8 must not end the run when it is echoed."""
    lines = [b'{"id": "\\ud800", "text": "hi"}\n', b'{"id": "1", "text": "hi", "conversation": "\\ud800"}\n']
    written = [line async for line in answer_lines(lines, library, FixedClock(library._clock.now()))]
    assert [bool(line.encode("utf-8")) for line in written] == [True, True]


async def test_a_text_just_under_the_limit_is_answered(library: Conversations) -> None:
    """A very long text is a question like any other."""
    [reply] = await replies_to(library, [a_line("late fees " * 190_000)])
    assert list(reply) == FIELDS


async def test_a_line_without_end_is_read_in_bounded_memory(library: Conversations) -> None:
    """Of a line that never seems to end, only the beginning is kept; the next line is the next line."""
    stream = io.BytesIO(b"x" * (3 * MAX_LINE_BYTES) + b"\n" + json.dumps(a_line()).encode() + b"\n")
    lines = list(lines_of(stream))
    assert [len(line) <= MAX_LINE_BYTES + 2 for line in lines] == [True, True]
    error, reply = await replies_to(library, lines)
    assert "is over" in error["error"]
    assert reply["answer_ids"] == ["fines"]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place for the index, shared so that it is fitted once."""
    return tmp_path_factory.mktemp("var")


@pytest.fixture
def process(data_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command line, waiting for lines."""
    started = subprocess.Popen(
        [sys.executable, "run_bot.py", "ask", "--jsonl", "--knowledge", str(SMALL_PACK)],
        cwd=ROOT,
        env={**os.environ, "HANDRAIL_DATA_DIR": str(data_dir)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with started:
        yield started
        started.kill()


def test_each_reply_is_flushed_before_the_next_line(process: subprocess.Popen[bytes]) -> None:
    """A program can send one line, read one line, and go on."""
    assert process.stdin is not None
    assert process.stdout is not None
    for text, kind in [("late fees", "answer"), ("hi", "smalltalk"), ("i want to die", "crisis")]:
        process.stdin.write(json.dumps(a_line(text)).encode() + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["kind"] == kind


def test_random_bytes_do_not_end_the_run(process: subprocess.Popen[bytes]) -> None:
    """Whatever comes in on the pipe, each line gets a line, the last is answered, and the exit code is 0."""
    noise = [bytes((7 * n + 13 * k) % 256 for k in range(300)).replace(b"\n", b"x") for n in range(1, 20)]
    out, _ = process.communicate(b"\n".join(noise) + b"\n" + json.dumps(a_line()).encode(), timeout=60)
    lines = out.decode("utf-8").splitlines()
    assert len(lines) == len(noise) + 1
    assert json.loads(lines[-1])["answer_ids"] == ["fines"]
    assert process.returncode == 0


def test_nothing_else_is_written_to_standard_output(process: subprocess.Popen[bytes]) -> None:
    """Progress and notes go to standard error; with no input there is no output."""
    out, _ = process.communicate(b"", timeout=60)
    assert out == b""
    assert process.returncode == 0


def test_a_reader_who_leaves_ends_the_run_quietly(process: subprocess.Popen[bytes]) -> None:
    """When the other end of the pipe closes, there is no traceback."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write((json.dumps(a_line()).encode() + b"\n") * 3)
    process.stdin.flush()
    process.stdout.readline()
    process.stdout.close()
    process.stdin.write((json.dumps(a_line()).encode() + b"\n") * 200)
    process.stdin.close()
    assert b"Traceback" not in process.stderr.read()
