"""``check`` and ``eval``: for editors and for whoever measures."""

import json
from pathlib import Path

from tests.cli.conftest import Run
from tests.conftest import edit


def test_a_sound_pack_passes(run: Run) -> None:
    """Exit code 0, and a line that says what was read."""
    done = run("check")
    assert done.returncode == 0
    assert "9 approved answers" in done.stdout.splitlines()[-1]
    assert "0 errors" in done.stdout.splitlines()[-1]


def test_a_fault_in_a_pack_exits_with_1(run: Run, pack: Path) -> None:
    """Each fault stands on its line as ``file:line: …``, and errors are counted."""
    edit(pack / "answers/using/fines.md", "rules#fines", "rules#limit")
    done = run("check", "--no-reach", "--knowledge", str(pack))
    assert done.returncode == 1
    assert 'answers/using/fines.md:23: "£8" is in no passage that this answer cites.' in done.stdout
    assert "2 errors" in done.stdout.splitlines()[-1]


def test_a_note_is_no_error(run: Run, pack: Path) -> None:
    """Notes are printed and do not fail the check."""
    edit(pack / "answers/using/fines.md", '"late fees"', '"how long may i borrow a filmm"')
    done = run("check", "--no-reach", "--knowledge", str(pack))
    assert done.returncode == 0
    assert "note: " in done.stdout


def test_faults_of_the_schema_are_listed_and_counted(run: Run, pack: Path) -> None:
    """What cannot even be read is listed the same way."""
    edit(pack / "answers/using/fines.md", "status: approved", "status: live")
    edit(pack / "pack.yaml", "min_words: 15", "min_words: few")
    done = run("check", "--knowledge", str(pack))
    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["pack.yaml", "answers/using/fines.md"]
    assert "2 faults" in done.stderr


def questions(folder: Path, *rows: dict[str, object]) -> str:
    """A file of labelled questions."""
    file = folder / "questions.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return str(file)


def test_eval_prints_a_table_and_writes_a_page(run: Run, tmp_path: Path) -> None:
    """Shares in the terminal, plots in a page, and where the page is."""
    file = questions(
        tmp_path,
        {"id": "1", "text": "late fees", "expect": ["fines"], "style": "terse"},
        {"id": "2", "text": "capital of peru", "expect": "abstain"},
    )
    done = run("eval", file, "--html", str(tmp_path / "page.html"))
    assert done.returncode == 0
    assert "In scope: 1.000 right, 0.000 wrong of 1" in done.stdout
    assert f"Page with plots: {tmp_path / 'page.html'}" in done.stdout
    assert "data:image/svg+xml" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_eval_puts_its_page_beside_the_index_by_default(run: Run, data_dir: Path, tmp_path: Path) -> None:
    """Without ``--html`` the page goes to the data folder."""
    assert run("eval", questions(tmp_path, {"id": "1", "text": "hi", "expect": "smalltalk"})).returncode == 0
    assert (data_dir / "eval.html").is_file()


def test_eval_names_a_wrong_question(run: Run, tmp_path: Path) -> None:
    """A label that is no answer is named with file and line; exit code 1."""
    done = run("eval", questions(tmp_path, {"id": "1", "text": "late", "expect": ["fine"]}))
    assert done.returncode == 1
    assert "questions.jsonl:1: there is no answer fine." in done.stderr


def test_eval_names_a_missing_file(run: Run) -> None:
    """A file that is not there is named; exit code 1."""
    done = run("eval", "nowhere.jsonl")
    assert done.returncode == 1
    assert "nowhere.jsonl: cannot be read" in done.stderr


def test_eval_names_a_page_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    """A page that cannot stand where it should exits with 3 and says how to name another place."""
    file = questions(tmp_path, {"id": "1", "text": "late fees", "expect": ["fines"]})
    done = run("eval", file, "--html", str(tmp_path))
    assert done.returncode == 3
    assert "Name another place with --html." in done.stderr


def test_eval_of_safety_prints_tables_and_writes_a_page(run: Run, data_dir: Path, tmp_path: Path) -> None:
    """Found and false alarms in the terminal, missed messages on the page beside the index."""
    file = questions(
        tmp_path,
        {"id": "1", "text": "i want to kill myself", "expect": "crisis", "severity": "high", "about": "self"},
        {"id": "2", "text": "legs over the railing", "expect": "crisis"},
        {"id": "3", "text": "late fees", "expect": "none"},
    )
    done = run("eval", "--safety", file)
    assert done.returncode == 0
    assert "Danger found: 1 of 2" in done.stdout
    assert "False alarms: 0 of 1" in done.stdout
    assert f"Page with plots: {data_dir / 'safety.html'}" in done.stdout
    assert "legs over the railing" not in done.stdout
    assert "legs over the railing" in (data_dir / "safety.html").read_text(encoding="utf-8")


def test_eval_of_safety_names_a_wrong_message(run: Run, tmp_path: Path) -> None:
    """A label that triage does not know is named with file, line and field; exit code 1."""
    done = run("eval", "--safety", questions(tmp_path, {"id": "1", "text": "late", "expect": ["fines"]}))
    assert done.returncode == 1
    assert "questions.jsonl:1: expect: " in done.stderr
    assert run("eval", "--safety", "nowhere.jsonl").returncode == 1


def test_eval_of_safety_names_a_page_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    """Exit code 3, and how to name another place; what was measured is printed all the same."""
    file = questions(tmp_path, {"id": "1", "text": "late fees", "expect": "none"})
    done = run("eval", "--safety", file, "--html", str(tmp_path))
    assert done.returncode == 3
    assert "False alarms: 0 of 1" in done.stdout
    assert "Name another place with --html." in done.stderr
