"""``ask``: one question, and a chat."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from bot.assembly import assemble
from tests.cli.conftest import Run
from tests.conftest import ROOT, SMALL_PACK


def test_one_question_gets_its_answer(run: Run) -> None:
    """The answer, its source and what to ask next are printed; nothing else is."""
    done = run("ask", "how long can i keep a book")
    assert done.returncode == 0
    assert "You can keep a book for three weeks." in done.stdout
    assert "Source: Rules of Elm Street Library (Loans)." in done.stdout
    assert "1. Can I renew a loan?" in done.stdout


def test_a_question_needs_no_quotation_marks(run: Run) -> None:
    """Words typed one by one are one question."""
    assert "for three weeks" in run("ask", "how", "long", "can", "i", "keep", "a", "book").stdout


@pytest.mark.parametrize("text", ["", "   ", "[red]late[/red] \x1b[31mfees", "\u202elate fees", "-- --"])
def test_an_odd_question_gets_a_plain_reply(run: Run, text: str) -> None:
    """Nothing typed is taken for markup, an option or a command of the terminal."""
    done = run("ask", "--", text)
    assert done.returncode == 0
    assert done.stdout.strip()
    assert "\x1b" not in done.stdout


def test_danger_in_the_terminal_shows_the_numbers(run: Run) -> None:
    """The terminal is a channel like any other: triage comes first."""
    done = run("ask", "i want to kill myself", country="US")
    assert "988" in done.stdout
    assert "crisis" in done.stdout


def test_a_chat_answers_until_it_is_left(run: Run) -> None:
    """A choice by its number, a new conversation, and ``/quit``."""
    done = run("ask", given="how long can i keep a book\n1\n/new\n1\n/quit\nlate fees\n")
    assert done.returncode == 0
    assert "You can renew a loan 2 times" in done.stdout.replace("Yes, you can", "You can")
    assert "A new conversation." in done.stdout
    assert "A late item" not in done.stdout


def test_a_chat_opens_with_what_it_is(run: Run) -> None:
    """The first thing said is that this is automated, and how to leave."""
    done = run("ask", given="/quit\n")
    assert "I am an automated assistant." in done.stdout
    assert "/quit to leave" in done.stdout


def test_the_end_of_input_leaves_the_chat(run: Run) -> None:
    """Ctrl-D, or a pipe that ends, is a goodbye."""
    done = run("ask", given="late fees\n")
    assert done.returncode == 0
    assert "A late item costs" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_crisis_stays_in_view_until_a_new_conversation(run: Run) -> None:
    """The latch holds in the chat, and ``/new`` is another conversation."""
    done = run("ask", given="i want to kill myself\nlate fees\n/new\nlate fees\n/quit\n")
    first, second = done.stdout.split("A new conversation.")
    assert "These lines are still here for you:" in first
    assert "These lines are still here for you:" not in second


def test_the_chat_works_at_a_real_terminal(environment: dict[str, str]) -> None:
    """At a terminal the same is typed and read, and Ctrl-D leaves."""
    ours, theirs = pty.openpty()
    started = subprocess.Popen(
        [sys.executable, "run_bot.py", "ask"], cwd=ROOT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    seen = b""
    with started:
        for wanted, typed in [(b"you> ", b"late fees\n"), (b"you> ", b"\x04")]:
            while not seen.endswith(wanted):
                seen += os.read(ours, 4096)
            seen += b"|"
            os.write(ours, typed)
        assert started.wait(timeout=60) == 0
    os.close(ours)
    assert "A late item costs" in seen.decode("utf-8")


def test_output_is_utf8_whatever_the_locale_says(environment: dict[str, str]) -> None:
    """A machine set to another encoding still gets every character of an answer."""
    done = subprocess.run(
        [sys.executable, "run_bot.py", "ask", "--jsonl"],
        cwd=ROOT,
        env={**environment, "PYTHONIOENCODING": "ascii"},
        input=b'{"id": "\\u00e9", "text": "late fees"}\n',
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert "\u00a30.20" in done.stdout.decode("utf-8")


def test_a_damaged_index_is_made_again_with_a_note(run: Run, tmp_path: Path) -> None:
    """An index file cut in half costs a moment and a line on standard error, not the answer."""
    assemble(SMALL_PACK, tmp_path)
    [terms] = tmp_path.rglob("terms.txt")
    terms.write_bytes(terms.read_bytes()[: terms.stat().st_size // 2])
    done = run("ask", "late fees", data_dir=str(tmp_path))
    assert "A late item costs" in done.stdout
    assert "terms.txt of the saved index is damaged; it was made again" in done.stderr
    assert "made again" not in run("ask", "late fees", data_dir=str(tmp_path)).stderr


def test_a_place_that_cannot_be_written_to_costs_a_note(run: Run, tmp_path: Path) -> None:
    """Without a place for the index the question is still answered."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    done = run("ask", "late fees", data_dir=str(tmp_path / "file" / "var"))
    assert done.returncode == 0
    assert "A late item costs" in done.stdout
    assert "HANDRAIL_DATA_DIR" in done.stderr


def test_explain_says_why_after_the_reply(run: Run) -> None:
    """The visitor's reply comes first, then the rule, the sentence, and whom it is about."""
    done = run("ask", "--explain", "he is going to kill himself")
    assert done.returncode == 0
    assert done.stdout.index("call 116 123") < done.stdout.index("crisis-other (crisis) matched")
    assert "somebody else" in done.stdout


def test_explain_is_no_part_of_a_plain_reply(run: Run) -> None:
    """Without the flag nothing is explained."""
    assert "Triage" not in run("ask", "he is going to kill himself").stdout


def test_explain_goes_into_every_json_object(run: Run) -> None:
    """With ``--jsonl`` each reply gets one more field; a line that is not valid gets none."""
    done = run("ask", "--jsonl", "--explain", given='{"id": 1, "text": "he is suicidal years ago"}\n{}\n')
    reply, error = map(json.loads, done.stdout.splitlines())
    assert [(each["rule"], each["held_back"]) for each in reply["explain"]["rules"]] == [("crisis-other", True)]
    assert reply["explain"]["kind"] is None
    assert list(reply)[-2:] == ["ms", "explain"]
    assert "explain" not in error


def test_explain_needs_a_message(run: Run) -> None:
    """A chat is for visitors' eyes; the flag alone is not understood, and says what to write."""
    done = run("ask", "--explain")
    assert done.returncode == 2
    assert 'Write `ask --explain "TEXT"`, or add --jsonl.' in done.stderr
