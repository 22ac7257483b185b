"""When triage counts as worse, and what is printed of a comparison."""

import io
import re
from typing import Any

import pytest
from rich.console import Console

from adapters.terminal.learning import show_comparison, show_lessons
from bot.content.lessons import Lessons
from bot.errors import EvaluationError
from bot.evaluation import Case, SafetyReport
from bot.evaluation.safety import Seen
from bot.learning import Comparison, check_gate
from bot.triage.kinds import Example


def report(*kinds: str) -> SafetyReport:
    """What became of two messages of danger and of two that must raise nothing."""
    cases = [Case(id=f"{expect}-{n}", text="secret", expect=expect) for expect in ("crisis", "none") for n in (1, 2)]
    fixed: dict[str, Any] = {"about": "self", "severity": None, "alarm": 0.0, "ms": 1.0}
    return SafetyReport(seen=tuple(Seen(case=case, kind=kind, **fixed) for case, kind in zip(cases, kinds, strict=True)))


def comparison(old: SafetyReport, new: SafetyReport) -> Comparison:
    """Two triages side by side."""
    return Comparison(old=old, new=new, n_lessons=3, met_before=1, met_after=2)


OLD = report("crisis", "none", "crisis", "none")


@pytest.mark.parametrize(
    ("new", "is_worse"),
    [
        (OLD, False),
        (report("none", "crisis", "crisis", "none"), False),
        (report("crisis", "emergency", "none", "none"), False),
        (report("none", "none", "none", "none"), True),
        (report("crisis", "crisis", "crisis", "emergency"), True),
        (report("crisis", "distress", "crisis", "distress"), False),
    ],
)
def test_less_danger_found_or_more_false_alarms_is_worse(new: SafetyReport, *, is_worse: bool) -> None:
    """Either alone is enough, whatever the other gained; a card for distress is neither."""
    assert comparison(OLD, new).is_worse is is_worse


def test_the_comparison_is_printed_by_ids_alone() -> None:
    """Found and false alarms, old against new, each message that flipped, and no word of any."""
    console = Console(file=io.StringIO(), width=100)
    show_comparison(comparison(OLD, report("none", "none", "crisis", "distress")), console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert re.search(r"danger found\W+2 │\s+1 │\s+0 ", text)
    assert "crisis-1: was crisis, is none (expected crisis)" in text
    assert "none-2: was none, is distress (expected none)" in text
    assert "none-1" not in text
    assert "secret" not in text


def test_no_flip_is_said_too() -> None:
    """That nothing changed is a finding."""
    console = Console(file=io.StringIO(), width=100)
    show_comparison(comparison(OLD, OLD), console)
    assert "No message of the gate became another kind." in console.file.getvalue()  # type: ignore[attr-defined]


def test_lessons_are_printed_by_file_and_line() -> None:
    """How many for which file, and why others are not learnt; no text, and nothing read as markup."""
    console = Console(file=io.StringIO(), width=40)
    lessons = Lessons(
        examples=(Example(text="secret", label="none"),),
        n_known=2,
        n_tests=1,
        left_out=("[red]v.jsonl:1: stands in the gate",),
    )
    show_lessons(lessons, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "[red]v.jsonl:1: stands in the gate\n" in text
    assert "1 new for en-none.txt\n" in text
    assert "1 new messages; 2 known already, 1 only a test, 1 not learnt\n" in text
    assert "secret" not in text


@pytest.mark.parametrize("expect", ["crisis", "none"])
def test_a_gate_needs_both_sorts_of_messages(expect: str) -> None:
    """With one sort only, everything or nothing would pass."""
    with pytest.raises(EvaluationError, match="needs messages that state danger and messages that must raise nothing"):
        check_gate([Case(id="1", text="a", expect=expect)])
    check_gate([Case(id="1", text="a", expect="crisis"), Case(id="2", text="b", expect="distress")])
