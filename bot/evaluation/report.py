"""The measurements as a table in the terminal and as one HTML page with plots, which needs no other file."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bot.evaluation.measure import Outcome, Report, Result
from bot.evaluation.page import picture, plot, write
from bot.model import Kind

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OUTCOMES: tuple[Outcome, ...] = ("right", "wrong", "clarified", "abstained", "other")
MAX_CONFUSIONS = 15


def print_report(report: Report, console: Console | None = None) -> None:
    """Print shares by expected kind and by style, and the most frequent confusions."""
    console = console or Console(highlight=False)
    console.print(_table("By what was expected", report.by(lambda each: [each.question.kind])))
    console.print(_table("By style", report.by(lambda each: [f"{each.question.kind}: {each.question.style}"])))
    confused = Table(title="Served in place of", title_justify="left")
    for column in ("expected", "served", "times"):
        confused.add_column(column)
    for expected, served, count in report.confusion()[:MAX_CONFUSIONS]:
        confused.add_row(expected, served, str(count))
    console.print(confused)
    in_scope = report.counts(Kind.ANSWER)
    if total := sum(in_scope.values()):
        console.print(
            f"In scope: {in_scope['right'] / total:.3f} right, {in_scope['wrong'] / total:.3f} wrong of {total} "
            f"(threshold {report.threshold:.2f})"
        )


def write_page(report: Report, path: Path) -> None:
    """Write the page with plots; it appears whole or not at all.

    Raises:
        OSError: the place cannot be written to.
    """
    write(
        path,
        "report.html",
        groups=[
            ("By what was expected", _rows(report.by(lambda each: [each.question.kind]))),
            ("By style", _rows(report.by(lambda each: [f"{each.question.kind}: {each.question.style}"]))),
            ("By expected answer", _rows(report.by(_expected))),
        ],
        outcomes=OUTCOMES,
        confusion=report.confusion(),
        curve=picture(_curve(report)),
        reliability=picture(_reliability(report)),
        threshold=f"{report.threshold:.2f}",
        total=len(report.results),
        failures=[each for each in report.results if each.outcome != "right"],
    )


def _expected(each: Result) -> list[str]:
    question = each.question
    return list(question.expect) if question.kind == Kind.ANSWER else []


def _rows(groups: Mapping[str, Mapping[str, int]]) -> list[tuple[str, int, list[str]]]:
    rows = []
    for name, counts in groups.items():
        total = sum(counts.values())
        rows.append((name, total, [f"{counts[each] / total:.2f}" for each in OUTCOMES]))
    return rows


def _table(title: str, groups: Mapping[str, Mapping[str, int]]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("", "n", *OUTCOMES):
        table.add_column(column, justify="left" if not column else "right")
    for name, total, shares in _rows(groups):
        table.add_row(name, str(total), *shares)
    return table


def _curve(report: Report) -> "Figure":
    figure, axes = plot("Risk and coverage", "share of messages answered", "share of those that were wrong")
    axes.plot([point.coverage for point in report.curve], [point.risk for point in report.curve], drawstyle="steps-post")
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    return figure


def _reliability(report: Report) -> "Figure":
    figure, axes = plot("Reliability", "score", "share that was right")
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    for score, right, count in report.reliability:
        axes.plot(score, right, "o", color="tab:blue")
        axes.annotate(str(count), (score, right), textcoords="offset points", xytext=(6, -4))
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    return figure
