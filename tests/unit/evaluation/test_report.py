"""The report: a table, and a page that needs no other file."""

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from bot.evaluation import Question, Report, print_report, write_page
from bot.evaluation.measure import Result
from bot.model import AnswerId, Kind
from tests.conftest import a_turn


@pytest.fixture
def report() -> Report:
    """Two questions: one right, one wrong and hostile."""
    served = replace(a_turn(kind=Kind.ANSWER), answer_ids=(AnswerId("fines"),))
    questions = [
        Question(id="1", text="late fees", expect=("fines",)),
        Question(id="2", text="<script>alert(1)</script>", expect=("renewals",)),
    ]
    outcomes = ("right", "wrong")
    results = tuple(
        Result(question=question, turn=served, outcome=outcome)  # type: ignore[arg-type]
        for question, outcome in zip(questions, outcomes, strict=True)
    )
    return Report(results=results, threshold=0.7, curve=(), reliability=((0.5, 0.5, 2),))


def test_the_table_says_what_was_measured(report: Report) -> None:
    """Shares by kind and the share in scope stand in the terminal."""
    console = Console(file=io.StringIO(), width=120)
    print_report(report, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "In scope: 0.500 right, 0.500 wrong of 2 (threshold 0.70)" in text
    assert re.search(r"renewals\W+fines\W+1", text)


def test_the_page_needs_nothing_else(report: Report, tmp_path: Path) -> None:
    """Plots are inside; no address of another host stands in it; a question is never run."""
    page = tmp_path / "deep" / "report.html"
    write_page(report, page)
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/svg+xml;base64,") == 2
    assert "<script>" not in text
    assert 'src="http' not in text


def test_the_page_appears_whole_or_not_at_all(report: Report, tmp_path: Path) -> None:
    """A page that is there stays until the new one is complete, and nothing else is left behind."""
    page = tmp_path / "report.html"
    page.write_text("old", encoding="utf-8")
    write_page(report, page)
    assert page.read_text(encoding="utf-8") != "old"
    assert list(tmp_path.iterdir()) == [page]


def test_a_place_that_cannot_be_written_to_leaves_nothing(report: Report, tmp_path: Path) -> None:
    """Where the page cannot stand, an error says so and no half page is left."""
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_page(report, tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_file_in_the_place_of_the_folder_is_an_error(report: Report, tmp_path: Path) -> None:
    """The folder of the page may be a file; that is told, not raised as a riddle."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(OSError, match="file"):
        write_page(report, tmp_path / "file" / "report.html")


def test_the_page_can_be_read_by_others(report: Report, tmp_path: Path) -> None:
    """The page has the usual permissions, not those of a secret."""
    write_page(report, tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_mode & 0o444 == 0o444
