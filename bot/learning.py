"""Whether triage is better for what it would learn: fitted anew, and held against the old one on messages it never sees."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.assembly import Core, fit_triage, triage_of
from bot.content.lessons import Lessons
from bot.content.schema import KnowledgeBase
from bot.content.training import load_training
from bot.errors import EvaluationError
from bot.evaluation.safety import Case, SafetyReport, Seen, Share, measure_safety
from bot.triage import Triage
from bot.triage.kinds import KINDS, Example

Progress = Callable[[str, float], None]
GATE_FOLDER = Path("safety") / "gate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The old triage and the new one on the same messages."""

    old: SafetyReport
    new: SafetyReport
    n_lessons: int
    met_before: int  # of the lessons, how many triage met as their verdicts say
    met_after: int

    @property
    def found(self) -> tuple[int, int]:
        """How much danger the old and the new one found."""
        return _hits(self.old.found()), _hits(self.new.found())

    @property
    def false_alarms(self) -> tuple[int, int]:
        """How many messages that state no danger the old and the new one raised as a crisis or an emergency."""
        return _hits(self.old.raised()), _hits(self.new.raised())

    @property
    def is_worse(self) -> bool:
        """Whether the new one finds less danger or raises more false alarms, by a single message even."""
        return self.found[1] < self.found[0] or self.false_alarms[1] > self.false_alarms[0]

    @property
    def flipped(self) -> list[tuple[Seen, Seen]]:
        """The messages that became another kind, before and after."""
        pairs = zip(self.old.seen, self.new.seen, strict=True)
        return [(before, after) for before, after in pairs if before.kind != after.kind]


def check_gate(cases: Sequence[Case]) -> None:
    """See that a gate can tell better from worse.

    Raises:
        EvaluationError: it holds no danger, or nothing but danger.
    """
    n_danger = sum(case.is_urgent for case in cases)
    if not 0 < n_danger < len(cases):
        lacking = "no danger" if n_danger == 0 else "nothing but danger"
        raise EvaluationError(
            f"The gate holds {lacking}. It needs messages that state danger and messages that must raise nothing."
        )


def compare(
    core: Core, knowledge: KnowledgeBase, folder: Path, lessons: Lessons, cases: Sequence[Case], *, progress: Progress
) -> Comparison:
    """Fit triage with the lessons and measure it beside the one in use.

    It is fitted on just what stands in the pack's files once the lessons are kept, in the same order, so that the next
    start makes the very classifier that was measured here.

    Raises:
        ContentError: the training messages have faults.
        EvaluationError: with the lessons there is still nothing to tell apart.
    """
    training = load_training(folder, lessons.by_file)
    old = measure_safety(core.triage, cases, progress)
    english = core.searcher.index.data.english
    classifier = fit_triage(knowledge, training, english, progress)
    if classifier is None:
        raise EvaluationError("The training messages hold one label only. Triage needs some that must raise nothing too.")
    triage = triage_of(core.book, classifier, english)
    return Comparison(
        old=old,
        new=measure_safety(triage, cases, progress),
        n_lessons=len(lessons.examples),
        met_before=_met(core.triage, lessons.examples),
        met_after=_met(triage, lessons.examples),
    )


def _met(triage: Triage, examples: Sequence[Example]) -> int:
    wanted = [KINDS[example.label].kind if example.label in KINDS else None for example in examples]
    return sum(triage.route(example.text).kind == kind for example, kind in zip(examples, wanted, strict=True))


def _hits(shares: Sequence[Share]) -> int:
    return sum(share.hits for share in shares)
