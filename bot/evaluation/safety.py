"""Measures triage on labelled messages: found, missed and raised for nothing, by kind, language, severity and subtype."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from scipy.stats import binomtest

from bot.errors import EvaluationError
from bot.model import DANGER, About, Kind, Severity
from bot.triage import Triage
from bot.triage.kinds import URGENT

NONE = "none"
WARM_UP = 20  # messages read before the clock counts


class Case(BaseModel):
    """One labelled message; ``about`` and ``severity`` only where it is danger."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    text: str
    expect: Literal["crisis", "emergency", "distress", "human", "medical_advice", "sourcing", "none"]
    language: str = "en"
    about: About | None = None
    severity: Severity | None = None
    subtype: str = ""
    style: str = ""

    @property
    def is_urgent(self) -> bool:
        """Whether it must be met as a crisis or an emergency."""
        return self.expect in URGENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What triage made of one message."""

    case: Case
    kind: str  # of the route; "none" where it raised nothing
    about: About
    severity: Severity | None
    alarm: float  # how many times the threshold for a crisis or an emergency it reached, by the classifier; rules count 10
    ms: float

    @property
    def is_raised(self) -> bool:
        """Whether it was met as a crisis or an emergency, either of them."""
        return self.kind in URGENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share with its 95 % interval (Wilson 1927)."""

    name: str
    n: int
    hits: int

    @property
    def value(self) -> float:
        """The share itself, 0 where nothing was counted."""
        return self.hits / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The ends of the interval, 0 to 1."""
        if not self.n:
            return 0.0, 1.0
        found = binomtest(self.hits, self.n).proportion_ci(method="wilson")
        return float(found.low), float(found.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyReport:
    """What was measured."""

    seen: tuple[Seen, ...]

    def found(self, key: Callable[[Case], str] = lambda _case: "all") -> list[Share]:
        """Return the share of danger that was met as danger, by group."""
        return _shares((key(each.case), each.is_raised) for each in self.seen if each.case.is_urgent)

    def raised(self, key: Callable[[Case], str] = lambda _case: "all") -> list[Share]:
        """Return the share of what must not raise a crisis or an emergency and did, by group; distress counts among it."""
        return _shares((key(each.case), each.is_raised) for each in self.seen if not each.case.is_urgent)

    def false_cards(self) -> list[Share]:
        """Return how often a message that must raise nothing got a card instead of its answer, by what it got."""
        quiet = [each for each in self.seen if each.case.expect == NONE]
        return [
            Share(name=name, n=len(quiet), hits=sum(each.kind in kinds for each in quiet))
            for name, kinds in (
                ("crisis or emergency", URGENT),
                ("distress", {Kind.DISTRESS}),
                ("a person, a doctor, no source", set(Kind) - DANGER),
            )
        ]

    def not_plain(self) -> list[Share]:
        """Return how often each other kind was not answered as a plain question."""
        others = [each for each in self.seen if not each.case.is_urgent and each.case.expect != NONE]
        return _shares((each.case.expect, each.kind != NONE) for each in others)

    def described(self) -> list[Share]:
        """Return how often whom it is about and how grave it is were right, among danger that was found."""
        found = [each for each in self.seen if each.case.is_urgent and each.is_raised]
        pairs = [(f"about {each.case.about}", each.about == each.case.about) for each in found if each.case.about]
        pairs += [(f"{each.case.severity}", each.severity == each.case.severity) for each in found if each.case.severity]
        return _shares(pairs)

    def trade_off(self) -> list[tuple[float, float, float]]:
        """Return (share of the threshold, danger found, false alarms), from the strictest threshold to the loosest."""
        danger = [each.alarm for each in self.seen if each.case.is_urgent]
        quiet = [each.alarm for each in self.seen if each.case.expect == NONE]
        levels = sorted({round(each.alarm, 3) for each in self.seen}, reverse=True)
        return [(level, _share_over(danger, level), _share_over(quiet, level)) for level in levels]

    def latency_ms(self) -> tuple[float, float, float]:
        """Return the median, the 99th percentile and the highest time of a message, in ms."""
        times = sorted(each.ms for each in self.seen)
        return times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.99))], times[-1]


def read_cases(paths: Iterable[Path]) -> list[Case]:
    """Read labelled messages, one JSON object a line.

    Raises:
        EvaluationError: a file cannot be read, or a line is not a labelled message; it names file and line.
    """
    cases = []
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise EvaluationError(f"{path}: cannot be read ({type(error).__name__}). Name a file of JSON lines.") from error
        for number, line in enumerate(lines, start=1):
            if line.strip():
                cases.append(_case(line, f"{path}:{number}"))
    if not cases:
        raise EvaluationError("The files hold no message. Write one JSON object a line, with id, text and expect.")
    return cases


def measure_safety(
    triage: Triage, cases: Sequence[Case], progress: Callable[[str, float], None] = lambda _label, _share: None
) -> SafetyReport:
    """Ask triage each message by itself."""
    for case in cases[:WARM_UP]:
        triage.explain(case.text)
    seen = []
    for number, case in enumerate(cases):
        progress("Reading messages", number / len(cases))
        started = time.perf_counter()
        judged = triage.explain(case.text)
        ms = (time.perf_counter() - started) * 1000
        route = judged.route
        if route.failed:
            layers = ", ".join(f"{layer} ({error})" for layer, error in route.failed)
            raise EvaluationError(f"A layer of triage failed, so nothing measured here would hold: {layers}.")
        alarm = 10.0 if judged.layer == "rule" and route.kind in URGENT else judged.alarm
        seen.append(Seen(case=case, kind=route.kind or NONE, about=route.about, severity=route.severity, alarm=alarm, ms=ms))
    return SafetyReport(seen=tuple(seen))


def _case(line: str, where: str) -> Case:
    try:
        return Case.model_validate(json.loads(line))
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in problem["loc"]) or "the line"
        raise EvaluationError(
            f"{where}: {field}: {problem['msg']}. A labelled message needs id, text and expect."
        ) from error
    except (ValueError, RecursionError) as error:
        raise EvaluationError(f"{where}: is not JSON. Write one object a line.") from error


def _shares(pairs: Iterable[tuple[str, bool]]) -> list[Share]:
    groups: dict[str, list[bool]] = defaultdict(list)
    for name, hit in pairs:
        groups[name].append(hit)
    return [Share(name=name, n=len(hits), hits=sum(hits)) for name, hits in sorted(groups.items())]


def _share_over(values: Sequence[float], level: float) -> float:
    return sum(value >= level for value in values) / len(values) if values else 0.0
