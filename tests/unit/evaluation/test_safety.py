"""How triage is measured: what counts as found, missed, raised for nothing; and the report on it."""

import io
import json
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from bot.assembly import Core
from bot.errors import EvaluationError
from bot.evaluation import SafetyReport, measure_safety, print_safety, read_cases, write_safety_page
from bot.evaluation.safety import Case, Seen, Share
from bot.evaluation.safety_report import groups_of
from bot.model import Severity
from bot.triage import Triage
from bot.triage.rules import Rules


def seen(expect: str, kind: str, *, alarm: float = 0.0, severity: Severity | None = None, **more: Any) -> Seen:
    """One message with what became of it."""
    case = Case.model_validate({"id": f"{expect}-{kind}", "text": f"text of {expect}-{kind}", "expect": expect, **more})
    return Seen(case=case, kind=kind, about="self", severity=severity, alarm=alarm, ms=1.0)


@pytest.fixture
def report() -> SafetyReport:
    """One of each: found, missed, raised for nothing, a card for nothing, answered plainly."""
    return SafetyReport(
        seen=(
            seen("crisis", "emergency", alarm=2.0, severity="high", about="self", subtype="plain"),
            seen("crisis", "none", alarm=0.5, subtype="code", language="es"),
            seen("none", "crisis", alarm=1.2, subtype="idiom"),
            seen("none", "distress", alarm=0.9, subtype="idiom"),
            seen("none", "none", alarm=0.1, subtype="idiom"),
            seen("distress", "crisis", alarm=1.1),
            seen("human", "none"),
        )
    )


def test_danger_met_as_either_kind_of_danger_is_found(report: SafetyReport) -> None:
    """A crisis answered as an emergency is found; distress raised as a crisis is a false alarm."""
    assert report.found() == [Share(name="all", n=2, hits=1)]
    assert report.raised() == [Share(name="all", n=5, hits=2)]


def test_cards_on_harmless_messages_are_counted_by_what_they_are(report: SafetyReport) -> None:
    """Of what must raise nothing: a crisis card, a card for distress, another card."""
    assert [(share.n, share.hits) for share in report.false_cards()] == [(3, 1), (3, 1), (3, 0)]


def test_groups_join_danger_and_all_else(report: SafetyReport) -> None:
    """A group that holds danger shows found and missed, one that holds none shows false alarms, one with both shows both."""
    by_language = {group.name: group for group in groups_of(report, lambda case: case.language)}
    assert by_language["en"].cells == ("en", "1/1", "0", "100.0 (20.7-100.0)", "2/5", "40.0 (11.8-76.9)")
    assert by_language["es"].cells[-2:] == ("", "")
    assert by_language["en"].n == 6


def test_the_terminal_shows_every_measure_and_no_message(report: SafetyReport) -> None:
    """Found, false alarms, cards, kinds, description, latency; what people wrote stays on the page."""
    console = Console(file=io.StringIO(), width=80)
    print_safety(report, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Danger found: 1 of 2, 50.0 (9.5-90.5) %" in text
    assert "False alarms: 2 of 5" in text
    assert all(part in text for part in ("By severity", "about self", "Not answered as a plain question", "at p99"))
    assert "subtypes with fewer than 5 messages stand on the page" in text
    assert "text of" not in text


def test_the_page_lists_what_went_wrong(report: SafetyReport, tmp_path: Path) -> None:
    """Missed, falsely raised, and other false cards, each with its text; what went right is not listed."""
    page = tmp_path / "deep" / "safety.html"
    write_safety_page(report, page)
    text = page.read_text(encoding="utf-8")
    missed, _, rest = text.partition("Raised as danger for nothing (2)")
    raised, _, cards = rest.partition("Another card in place of an answer (1)")
    assert "text of crisis-none" in missed
    assert "text of none-crisis" in raised
    assert "text of distress-crisis" in raised
    assert "text of none-distress" in cards
    assert "text of crisis-emergency" not in text
    assert "text of none-none" not in text


def test_the_page_needs_nothing_else_and_runs_nothing(tmp_path: Path) -> None:
    """Two plots inside, no other host, and a hostile message stays text."""
    hostile = seen("crisis", "none", subtype="<script>alert(1)</script>", language='"><script>')
    case = hostile.case.model_copy(update={"text": "<script>alert(1)</script>\ud800"})
    page = tmp_path / "safety.html"
    write_safety_page(
        SafetyReport(seen=(Seen(case=case, kind="none", about="self", severity=None, alarm=0.0, ms=1.0),)), page
    )
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/svg+xml;base64,") == 2
    assert "<script>" not in text
    assert 'src="http' not in text


@pytest.mark.parametrize("expect", ["crisis", "none"])
def test_a_file_of_one_sort_is_reported_too(tmp_path: Path, expect: str) -> None:
    """Without danger, or with nothing but danger, there is still a report."""
    report = SafetyReport(seen=(seen(expect, expect),))
    print_safety(report, Console(file=io.StringIO()))
    write_safety_page(report, tmp_path / "safety.html")
    assert "None." in (tmp_path / "safety.html").read_text(encoding="utf-8")


def test_messages_are_measured_by_the_route_they_get(small_core: Core) -> None:
    """A rule counts ten times the threshold; what raises nothing is "none"; progress is told."""
    cases = [
        Case(id="1", text="i want to kill myself", expect="crisis"),
        Case(id="2", text="late fees", expect="none"),
    ]
    told: list[float] = []
    report = measure_safety(small_core.triage, cases, lambda _label, share: told.append(share))
    assert [(each.kind, each.alarm) for each in report.seen] == [("crisis", 10.0), ("none", 0.0)]
    assert told == [0.0, 0.5]


def lines(folder: Path, *rows: object) -> Path:
    """A file of labelled messages."""
    file = folder / "cases.jsonl"
    file.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "cases.jsonl:2: is not JSON. Write one object a line."),
        ("[" * 100_000, "cases.jsonl:2: is not JSON."),
        ({"id": "1", "text": "a"}, "cases.jsonl:2: expect: Field required"),
        ({"id": "1", "text": "a", "expect": "danger"}, "cases.jsonl:2: expect: Input should be 'crisis'"),
        ({"id": "1", "text": "a", "expect": "crisis", "severity": "bad"}, "cases.jsonl:2: severity: "),
        ("3", "cases.jsonl:2: the line: "),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, row: object, said: str) -> None:
    """File, line, field and what a line needs."""
    with pytest.raises(EvaluationError) as caught:
        read_cases([lines(tmp_path, {"id": "1", "text": "a", "expect": "none"}, row)])
    assert said in str(caught.value)


def test_a_missing_and_an_empty_file_are_told_apart(tmp_path: Path) -> None:
    """A file that is not there is named; one without a message says how to write one."""
    with pytest.raises(EvaluationError, match=r"nowhere\.jsonl: cannot be read"):
        read_cases([tmp_path / "nowhere.jsonl"])
    with pytest.raises(EvaluationError, match="hold no message"):
        read_cases([lines(tmp_path, "", "  ")])


class NoRules:
    """Rules that fail."""

    def hits(self, views: list[str]) -> None:
        """Fail."""
        raise RuntimeError(str(views))


def test_a_layer_that_fails_is_no_result() -> None:
    """What triage goes on without in front of a visitor must not pass for a measurement."""
    case = Case(id="1", text="i want to kill myself", expect="crisis")
    with pytest.raises(EvaluationError, match=r"rules \(RuntimeError\)"):
        measure_safety(Triage(cast("Rules", NoRules())), [case])
