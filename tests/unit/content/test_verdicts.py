"""The file of verdicts: what it holds, what is wrong with it, and that nothing gets lost in it."""

import json
import os
import resource
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from bot.content.verdicts import Verdict, append_verdict, read_verdicts
from bot.errors import VerdictsUnreadable
from bot.triage.kinds import Example

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def a_verdict(text: str = "legs over the railing", **more: Any) -> Verdict:
    """A message that triage missed."""
    given = {"verdict": "missed", "label": "crisis-self", "locale": "en", "at": NOON} | more
    return Verdict.model_validate({"text": text, **given})


def lines(folder: Path, *rows: object) -> Path:
    """A file of verdicts, as it stands on disk."""
    file = folder / "verdicts.jsonl"
    file.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return file


def test_what_is_appended_is_read_again(tmp_path: Path) -> None:
    """Verdicts come back in their order, with the lines they stand on; the folder is made, the file is its owner's alone."""
    file = tmp_path / "var" / "verdicts.jsonl"
    given = [
        a_verdict("one\ntwo \u2028 three"),
        a_verdict(verdict="false_alarm", label=None),
        a_verdict(severity="imminent"),
    ]
    for each in given:
        append_verdict(file, each)
    found = read_verdicts(file)
    assert [each.verdict for each in found] == given
    assert [each.where for each in found] == ["verdicts.jsonl:1", "verdicts.jsonl:2", "verdicts.jsonl:3"]
    assert file.stat().st_mode & 0o077 == 0


def test_a_line_is_plain_json(tmp_path: Path) -> None:
    """Only what was given stands in it; the time is in UTC, other scripts stay readable."""
    file = tmp_path / "verdicts.jsonl"
    append_verdict(file, a_verdict("no quiero más", locale="es", at=NOON.astimezone(timezone(timedelta(hours=5)))))
    assert "más" in file.read_text(encoding="utf-8")
    assert json.loads(file.read_text(encoding="utf-8")) == {
        "text": "no quiero más",
        "verdict": "missed",
        "label": "crisis-self",
        "locale": "es",
        "at": "2026-11-24T12:00:00+00:00",
    }


def test_an_example_stands_on_one_line() -> None:
    """Whatever ends a line becomes a space; a false alarm teaches "none", a test nothing."""
    assert a_verdict("a\r\nb\u2028c\x85d\x0be", severity="high").example == Example(
        text="a b c d e", label="crisis-self", severity="high"
    )
    false_alarm = a_verdict("a", verdict="false_alarm", label=None, locale="fr").example
    assert false_alarm == Example(text="a", label="none", locale="fr")
    assert a_verdict("a", verdict="test", label=None).example is None


def test_half_a_character_is_taken_out(tmp_path: Path) -> None:
    """A lone surrogate in a visitor's message cannot stop the verdict from being kept."""
    file = tmp_path / "verdicts.jsonl"
    append_verdict(file, a_verdict("help \ud800"))
    assert read_verdicts(file)[0].verdict.text == "help ?"


GOOD = {"text": "a", "verdict": "real", "label": "crisis-self", "locale": "en", "at": "2026-11-24T12:00:00Z"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"verdict": "maybe"}, "verdicts.jsonl:2: verdict: Input should be 'real'"),
        ({"label": None}, "the line: real needs a label, one of crisis-self"),
        ({"label": "crisis"}, "needs a label"),
        ({"label": "none"}, "needs a label"),
        ({"verdict": "false_alarm"}, "false_alarm takes no label and no severity"),
        ({"label": "human", "severity": "high"}, "human takes no severity"),
        ({"severity": "bad"}, "severity: "),
        ({"locale": "../en"}, "locale: "),
        ({"locale": "en-GB"}, "locale: "),
        ({"text": ""}, "text: "),
        ({"text": 3}, "text: "),
        ({"at": "2026-11-24T12:00:00"}, "at: "),
        ({"sevrity": "high"}, "sevrity: "),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, change: dict[str, object], said: str) -> None:
    """File, line, field, and what to do."""
    with pytest.raises(VerdictsUnreadable) as caught:
        read_verdicts(lines(tmp_path, GOOD, GOOD | change, GOOD))
    assert said in str(caught.value)
    assert str(caught.value).endswith("Correct or remove the line.")


def test_every_wrong_line_is_named_at_once_without_its_text(tmp_path: Path) -> None:
    """One line of the message for each line of the file; what a visitor wrote is in none."""
    file = lines(tmp_path, "{ secret", GOOD, GOOD | {"text": "secret", "verdict": "secret"}, "[" * 100_000)
    with pytest.raises(VerdictsUnreadable) as caught:
        read_verdicts(file)
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == [f"{file.name}:{n}" for n in (1, 3, 4)]
    assert "secret" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A missing file says which option names it."""
    with pytest.raises(VerdictsUnreadable, match="Name the file with --verdicts"):
        read_verdicts(tmp_path / "nowhere.jsonl")


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_line_cut_short_is_passed_over_and_removed_by_the_next(tmp_path: Path, cut: int) -> None:
    """After a kill in the middle of a write the lines before count, and the next verdict stands on a line of its own."""
    file = lines(tmp_path, GOOD)
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(GOOD)[:cut])
    assert len(read_verdicts(file)) == 1
    append_verdict(file, a_verdict())
    assert [each.verdict.text for each in read_verdicts(file)] == ["a", "legs over the railing"]


def test_a_last_line_written_by_hand_is_kept(tmp_path: Path) -> None:
    """An editor that ends no line costs nothing."""
    file = tmp_path / "verdicts.jsonl"
    file.write_text(json.dumps(GOOD), encoding="utf-8")
    append_verdict(file, a_verdict())
    assert len(read_verdicts(file)) == 2


def _append_with_little_room(file: Path, room: int) -> str:
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        append_verdict(file, a_verdict("x" * 500))
    except OSError:
        return "refused"
    return "kept"


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """A write that has room for half a line only takes the half back and says so."""
    file = lines(tmp_path, GOOD)
    before = file.read_bytes()
    with ProcessPoolExecutor(1) as pool:
        assert pool.submit(_append_with_little_room, file, len(before) + 100).result() == "refused"
    assert file.read_bytes() == before


def _append_many(file: Path, name: int) -> int:
    for number in range(50):
        append_verdict(file, a_verdict(f"{name} {number} {'x' * 5_000}"))
    return os.getpid()


def test_processes_that_append_at_once_lose_nothing(tmp_path: Path) -> None:
    """Two replicas on one folder: every verdict stands whole on its line."""
    file = tmp_path / "verdicts.jsonl"
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_append_many, [file, file], [1, 2]))
    assert len({each.verdict.text for each in read_verdicts(file)}) == 100
