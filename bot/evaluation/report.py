"""The measurements as a table in the terminal and as one HTML page with plots, which needs no other file."""

import base64
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, select_autoescape
from rich.console import Console
from rich.table import Table

from bot.evaluation.measure import Outcome, Report, Result
from bot.model import Kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes
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
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(["html"]), trim_blocks=True
    )
    page = environment.get_template("report.html").render(
        groups=[
            ("By what was expected", _rows(report.by(lambda each: [each.question.kind]))),
            ("By style", _rows(report.by(lambda each: [f"{each.question.kind}: {each.question.style}"]))),
            ("By expected answer", _rows(report.by(_expected))),
        ],
        outcomes=OUTCOMES,
        confusion=report.confusion(),
        curve=_picture(_curve(report)),
        reliability=_picture(_reliability(report)),
        threshold=f"{report.threshold:.2f}",
        total=len(report.results),
        failures=[each for each in report.results if each.outcome != "right"],
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(page, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


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
    figure, axes = _plot("Risk and coverage", "share of messages answered", "share of those that were wrong")
    axes.plot([point.coverage for point in report.curve], [point.risk for point in report.curve], drawstyle="steps-post")
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    return figure


def _reliability(report: Report) -> "Figure":
    figure, axes = _plot("Reliability", "score", "share that was right")
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    for score, right, count in report.reliability:
        axes.plot(score, right, "o", color="tab:blue")
        axes.annotate(str(count), (score, right), textcoords="offset points", xytext=(6, -4))
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    return figure


def _plot(title: str, x_label: str, y_label: str) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure  # slow to import, and only needed here

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(visible=True, alpha=0.3)
    return figure, axes


def _picture(figure: "Figure") -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return base64.b64encode(buffer.getvalue()).decode("ascii")
