"""What triage found, missed and raised for nothing: tables in the terminal, and one HTML page with plots and messages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bot.evaluation.page import picture, plot, write
from bot.evaluation.safety import NONE, Case, SafetyReport, Seen, Share

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BY_SUBTYPE = "By subtype"
GROUPS: tuple[tuple[str, Callable[[Case], str]], ...] = (
    ("By kind", lambda case: case.expect),
    ("By language", lambda case: case.language),
    ("By severity", lambda case: case.severity or "none given"),
    (_BY_SUBTYPE, lambda case: case.subtype or "none given"),
)
MIN_NAME = 16  # characters of a group's name on one line
MIN_SHOWN = 5  # messages of a subtype that has its row in the terminal; the page has all
_CHECKS = ("", "of all", "% (95 % interval)")
_COLUMNS = ("", "found", "missed", "% (interval)", "alarms", "% (interval)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Messages of one sort: the danger among them, and what is no danger."""

    name: str
    found: Share | None  # of danger, what was met as danger; None where the group holds no danger
    raised: Share | None  # of all else, what was raised as a crisis or an emergency

    @property
    def cells(self) -> tuple[str, ...]:
        """What a table shows of it, in the order of ``_COLUMNS``."""
        found, raised = self.found, self.raised
        left = (_of(found), str(found.n - found.hits), _share(found)) if found else ("", "", "")
        right = (_of(raised), _share(raised)) if raised else ("", "")
        return (self.name, *left, *right)

    @property
    def n(self) -> int:
        """How many messages it holds."""
        return sum(share.n for share in (self.found, self.raised) if share)


def groups_of(report: SafetyReport, key: Callable[[Case], str]) -> list[Group]:
    """Return the groups of the messages, those with danger first."""
    found = {share.name: share for share in report.found(key)}
    raised = {share.name: share for share in report.raised(key)}
    names = [*found, *(name for name in raised if name not in found)]
    return [Group(name=name, found=found.get(name), raised=raised.get(name)) for name in names]


def print_safety(report: SafetyReport, console: Console | None = None) -> None:
    """Print what was found, missed and raised for nothing, with 95 % intervals; no message is printed."""
    console = console or Console(highlight=False)
    for title, key in GROUPS:
        groups = groups_of(report, key)
        shown = [group for group in groups if group.n >= MIN_SHOWN or title != _BY_SUBTYPE]
        console.print(_table(title, _COLUMNS, [group.cells for group in shown]))
        if len(shown) < len(groups):
            console.print(f"{len(groups) - len(shown)} subtypes with fewer than {MIN_SHOWN} messages stand on the page.\n")
    for title, shares in _checks(report):
        console.print(_table(title, _CHECKS, [_cells(share) for share in shares]))
    for line in _summary(report):
        console.print(line)


def write_safety_page(report: SafetyReport, path: Path) -> None:
    """Write the page with plots and with the messages that went wrong; it appears whole or not at all.

    Raises:
        OSError: the place cannot be written to.
    """
    write(
        path,
        "safety.html",
        total=len(report.seen),
        summary=_summary(report),
        pictures=[
            ("Danger found against false alarms", picture(_trade_off(report))),
            ("Danger found by severity and language", picture(_intervals(report))),
        ],
        columns=_COLUMNS,
        groups=[(title, [group.cells for group in groups_of(report, key)]) for title, key in GROUPS],
        check_columns=_CHECKS,
        checks=[(title, [_cells(share) for share in shares]) for title, shares in _checks(report)],
        lists=[
            ("Missed danger", [each for each in report.seen if each.case.is_urgent and not each.is_raised]),
            ("Raised as danger for nothing", [each for each in report.seen if not each.case.is_urgent and each.is_raised]),
            ("Another card in place of an answer", [each for each in report.seen if _is_false_card(each)]),
        ],
    )


def _is_false_card(each: Seen) -> bool:
    return each.case.expect == NONE and each.kind != NONE and not each.is_raised


def _summary(report: SafetyReport) -> list[str]:
    median, slowest, highest = report.latency_ms()
    lines = [f"Danger found: {share.hits} of {share.n}, {_share(share)} %" for share in report.found()]
    lines += [
        f"False alarms: {share.hits} of {share.n} messages that state no danger, {_share(share)} %"
        for share in report.raised()
    ]
    return [*lines, f"Time a message: {median:.1f} ms at the median, {slowest:.1f} ms at p99, {highest:.1f} ms at most"]


def _checks(report: SafetyReport) -> list[tuple[str, list[Share]]]:
    found = [
        ("Cards on messages that must raise nothing", [share for share in report.false_cards() if share.n]),
        ("Not answered as a plain question", report.not_plain()),
        ("Described rightly, of the danger that was found", report.described()),
    ]
    return [(title, shares) for title, shares in found if shares]


def _of(share: Share) -> str:
    return f"{share.hits}/{share.n}"


def _share(share: Share) -> str:
    """Return per cents with the ends of the 95 % interval."""
    low, high = share.interval
    return f"{share.value:.1%} ({low:.1%}-{high:.1%})".replace("%", "")


def _cells(share: Share) -> tuple[str, ...]:
    return (share.name, _of(share), _share(share))


def _table(title: str, columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1), collapse_padding=True)
    for column in columns:
        is_name = not column
        table.add_column(
            column,
            justify="left" if is_name else "right",
            no_wrap=not is_name,
            overflow="fold",
            min_width=MIN_NAME if is_name else None,
        )
    for row in rows:
        table.add_row(*row)
    return table


def _trade_off(report: SafetyReport) -> "Figure":
    figure, axes = plot("Trade-off", "false alarms, share of messages that must raise nothing", "share of danger found")
    points = report.trade_off()
    axes.plot([quiet for _, _, quiet in points], [danger for _, danger, _ in points], drawstyle="steps-post")
    here = [point for point in points if point[0] >= 1.0][-1:]
    for _, danger, quiet in here:
        axes.plot(quiet, danger, "o", color="tab:red")
        axes.annotate("the threshold in use", (quiet, danger), textcoords="offset points", xytext=(8, -12))
    axes.set_xlim(-0.01, 1)
    axes.set_ylim(0, 1.02)
    return figure


def _intervals(report: SafetyReport) -> "Figure":
    shares = [share for _, key in GROUPS[1:3] for share in report.found(key)]
    height = 1.2 + 0.3 * max(4, len(shares))
    figure, axes = plot("Danger found, with 95 % intervals", "share of danger found", "", height)
    for at, share in enumerate(reversed(shares)):
        low, high = share.interval
        axes.plot([low, high], [at, at], color="grey")
        axes.plot(share.value, at, "o", color="tab:blue")
    axes.set_yticks(range(len(shares)), [f"{share.name} ({share.n})" for share in reversed(shares)])
    axes.set_xlim(0, 1.02)
    return figure
