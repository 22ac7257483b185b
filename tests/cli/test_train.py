"""``train``: verdicts become training messages when triage is not worse for them."""

import fcntl
import itertools
import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.content.training import FOLDER
from tests.cli.conftest import Run

Files = dict[str, str]


def write_lines(file: Path, *rows: Mapping[str, object]) -> Path:
    """A file of JSON lines."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return file


def a_verdict(text: str, verdict: str = "missed", **more: object) -> dict[str, object]:
    """One line of verdicts."""
    label = {"label": "crisis-self", "severity": "high"} if verdict in {"missed", "real"} else {}
    return {"text": text, "verdict": verdict, "locale": "en", "at": "2026-11-24T12:00:00Z", **label, **more}


WHO, WHAT = ("i", "we", "tonight i", "today i", "maybe i"), ("give up on living", "end everything", "jump", "hang", "drown")
PLACES, ASKED = (
    ("library", "shelf", "printer", "desk", "card"),
    ("where is", "how much is", "who runs", "when closes", "why"),
)
DANGER = [f"{who} will {what}" for who, what in itertools.product(WHO, WHAT)]
HARMLESS = [f"{asked} the {place}" for asked, place in itertools.product(ASKED, PLACES)]


@pytest.fixture
def teachable(pack: Path) -> Path:
    """A small pack with just enough training messages."""
    (pack / FOLDER).mkdir(parents=True)
    (pack / FOLDER / "en-crisis-self-high.txt").write_text("\n".join(DANGER) + "\n", encoding="utf-8")
    (pack / FOLDER / "en-none.txt").write_text("\n".join(HARMLESS) + "\n", encoding="utf-8")
    return pack


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """Messages that measure."""
    return write_lines(
        tmp_path / "gate.jsonl",
        {"id": "g-1", "text": "i will jump from the roof", "expect": "crisis"},
        {"id": "g-2", "text": "i want to kill myself", "expect": "crisis"},
        {"id": "g-3", "text": "may i borrow a film about sailing", "expect": "none"},
    )


def files_of(pack: Path) -> Files:
    """The training messages as they stand."""
    return {path.name: path.read_text(encoding="utf-8") for path in (pack / FOLDER).iterdir()}


def test_what_was_missed_is_learnt_kept_and_known_the_next_time(
    run: Run, teachable: Path, gate: Path, tmp_path: Path
) -> None:
    """Old against new is printed, the messages stand in the pack, the verdicts stay, and a second run changes nothing."""
    verdicts = write_lines(
        tmp_path / "var" / "verdicts.jsonl",
        a_verdict("i will go to the bridge and not come back"),
        a_verdict("a poster about bridges", "false_alarm"),
        a_verdict("only trying this", "test"),
    )
    before = verdicts.read_bytes()
    arguments = ("train", "--knowledge", str(teachable), "--gate", str(gate))
    done = run(*arguments, data_dir=str(tmp_path / "var"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 new messages; 0 known already, 1 only a test, 0 not learnt" in done.stdout
    assert all(part in done.stdout for part in ("danger found", "false alarms", "new messages met as their verdicts say"))
    assert "Kept in en-crisis-self-high.txt, en-none.txt." in done.stdout
    assert "bridge" not in done.stdout + done.stderr
    kept = files_of(teachable)
    assert kept["en-crisis-self-high.txt"].endswith("i will go to the bridge and not come back\n")
    assert kept["en-none.txt"].endswith("a poster about bridges\n")
    assert verdicts.read_bytes() == before

    again = run(*arguments, data_dir=str(tmp_path / "var"))
    assert again.returncode == 0
    assert "0 new messages; 2 known already" in again.stdout
    assert "Nothing new to learn." in again.stdout
    assert files_of(teachable) == kept


def test_a_dry_run_writes_nothing(run: Run, teachable: Path, gate: Path, tmp_path: Path) -> None:
    """It measures and prints all the same."""
    verdicts = write_lines(tmp_path / "v.jsonl", a_verdict("i will go to the bridge and not come back"))
    before = files_of(teachable)
    arguments = ("--knowledge", str(teachable), "--gate", str(gate), "--verdicts", str(verdicts))
    done = run("train", "--dry-run", *arguments, data_dir=str(tmp_path / "var"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "On the gate, 3 messages" in done.stdout
    assert "since this is a dry run" in done.stdout
    assert files_of(teachable) == before


def test_what_makes_triage_worse_is_not_kept(run: Run, teachable: Path, tmp_path: Path) -> None:
    """Wrong verdicts that cost found danger: exit code 1, the messages that flipped by their ids, nothing written."""
    gate = write_lines(
        tmp_path / "gate.jsonl",
        *({"id": f"g-{n}", "text": f"{text} now here", "expect": "crisis"} for n, text in enumerate(DANGER)),
        {"id": "g-none", "text": "may i borrow a film about sailing", "expect": "none"},
    )
    wrong = [
        a_verdict(f"{text} {more}", "false_alarm") for text in DANGER for more in ("now", "then", "soon", "here", "there")
    ]
    verdicts = write_lines(tmp_path / "v.jsonl", *wrong)
    before = files_of(teachable)
    arguments = ("--knowledge", str(teachable), "--gate", str(gate), "--verdicts", str(verdicts))
    done = run("train", *arguments, data_dir=str(tmp_path / "var"))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "was crisis, is none (expected crisis)" in done.stdout
    assert "The new triage is worse on the gate. Nothing was written" in done.stderr
    assert files_of(teachable) == before


def test_a_text_of_the_gate_is_refused(run: Run, teachable: Path, gate: Path, tmp_path: Path) -> None:
    """What measures is never learnt from; the line is named without its text."""
    verdicts = write_lines(tmp_path / "v.jsonl", a_verdict("I will jump from the roof!"))
    done = run("train", "--knowledge", str(teachable), "--gate", str(gate), "--verdicts", str(verdicts))
    assert done.returncode == 0
    assert "v.jsonl:1: stands in the gate (g-1). What measures is never learnt from." in done.stdout
    assert "Nothing new to learn." in done.stdout


def test_the_packs_own_gate_is_taken(run: Run, teachable: Path, gate: Path, tmp_path: Path) -> None:
    """Without ``--gate`` it is what stands under ``safety/gate/``."""
    (teachable / "safety" / "gate").mkdir()
    gate.rename(teachable / "safety" / "gate" / "own.jsonl")
    verdicts = write_lines(tmp_path / "v.jsonl", a_verdict("i will jump from the roof"))
    done = run("train", "--knowledge", str(teachable), "--verdicts", str(verdicts))
    assert done.returncode == 0
    assert "stands in the gate (g-1)" in done.stdout


def test_without_a_gate_nothing_is_learnt(run: Run, teachable: Path, tmp_path: Path) -> None:
    """Exit code 2, and how to name one."""
    verdicts = write_lines(tmp_path / "v.jsonl", a_verdict("over it"))
    done = run("train", "--knowledge", str(teachable), "--verdicts", str(verdicts))
    assert done.returncode == 2
    assert "There is no gate" in done.stderr
    assert "--gate FILE" in done.stderr


def test_without_verdicts_there_is_nothing_to_do(run: Run, gate: Path, tmp_path: Path) -> None:
    """Nobody has marked anything yet: said, and no fault."""
    done = run("train", "--gate", str(gate), data_dir=str(tmp_path / "var"))
    assert done.returncode == 0
    assert "There are no verdicts yet" in done.stdout


def test_several_files_may_follow_one_gate(run: Run, gate: Path, tmp_path: Path) -> None:
    """A shell spreads ``dev_*.jsonl`` out; without ``--gate`` a bare file is a mistake that says so."""
    assert run("train", "--gate", str(gate), str(gate), data_dir=str(tmp_path / "var")).returncode == 0
    done = run("train", str(gate))
    assert done.returncode == 2
    assert "name the files of the gate with" in done.stderr


@pytest.mark.parametrize(
    ("verdicts", "gate_rows", "said"),
    [
        ('{"text": "a"}', '{"id": "1", "text": "a", "expect": "none"}', "v.jsonl:1: verdict: Field required"),
        ("", '{"id": "1", "text": "a"}', "gate.jsonl:1: expect: Field required"),
        ("", '{"id": "1", "text": "a", "expect": "none"}', "The gate holds no danger."),
        ("", '{"id": "1", "text": "a", "expect": "crisis"}', "The gate holds nothing but danger."),
    ],
)
def test_faults_are_named_before_anything_is_fitted(
    run: Run, tmp_path: Path, verdicts: str, gate_rows: str, said: str
) -> None:
    """A wrong verdict, a wrong label, a gate that cannot tell better from worse: exit code 1."""
    (tmp_path / "v.jsonl").write_text(verdicts, encoding="utf-8")
    (tmp_path / "gate.jsonl").write_text(gate_rows, encoding="utf-8")
    done = run("train", "--verdicts", str(tmp_path / "v.jsonl"), "--gate", str(tmp_path / "gate.jsonl"))
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_file_of_verdicts_is_named(run: Run, gate: Path) -> None:
    """One that was named must be there."""
    done = run("train", "--verdicts", "nowhere.jsonl", "--gate", str(gate))
    assert done.returncode == 1
    assert "nowhere.jsonl: cannot be read" in done.stderr


def test_a_place_that_cannot_be_written_to_exits_with_3(run: Run, teachable: Path, gate: Path, tmp_path: Path) -> None:
    """Where another process adds training messages at that moment, the files stay as they are and the remedy is said."""
    verdicts = write_lines(tmp_path / "v.jsonl", a_verdict("i will go to the bridge and not come back"))
    before = files_of(teachable)
    descriptor = os.open(teachable / FOLDER, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        arguments = ("--knowledge", str(teachable), "--gate", str(gate), "--verdicts", str(verdicts))
        done = run("train", *arguments, data_dir=str(tmp_path / "var"))
    finally:
        os.close(descriptor)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "The verdicts are as they were." in done.stderr
    assert "Traceback" not in done.stderr
    assert files_of(teachable) == before
