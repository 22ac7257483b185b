"""Asks each labelled question the way a visitor would, and says what became of it."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.assembly import Core
from bot.calibration import CurvePoint, risk_coverage
from bot.conversation import Conversations
from bot.errors import EvaluationError
from bot.memory import FixedClock, FixedTeam, MemoryStore
from bot.model import ConversationId, Kind, Message, MessageId, Turn
from bot.policy import SMALLTALK_PREFIX

Outcome = Literal["right", "wrong", "clarified", "abstained", "other"]
BINS = 10


class Question(BaseModel):
    """One labelled question: ``expect`` holds answer ids, or the kind it must have."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    text: str
    context: tuple[str, ...] = ()
    expect: Annotated[tuple[str, ...], Field(min_length=1)]
    also: tuple[str, ...] = ()
    style: str = "plain"

    @property
    def kind(self) -> str:
        """The kind that is expected: ``answer`` when ids are named."""
        first = self.expect[0]
        return first if first in {*Kind, "none"} else Kind.ANSWER.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A question with what became of it."""

    question: Question
    turn: Turn
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was measured."""

    results: tuple[Result, ...]
    threshold: float
    curve: tuple[CurvePoint, ...]
    reliability: tuple[tuple[float, float, int], ...]  # mean score, share right, how many

    def counts(self, kind: str | None = None) -> Counter[str]:
        """Count outcomes, of all questions or of those that expect a kind."""
        return Counter(each.outcome for each in self.results if kind in {None, each.question.kind})

    def by(self, key: Callable[[Result], Iterable[str]]) -> dict[str, Counter[str]]:
        """Count outcomes per group, such as styles or expected answers."""
        groups: dict[str, Counter[str]] = defaultdict(Counter)
        for each in self.results:
            for name in key(each):
                groups[name][each.outcome] += 1
        return dict(sorted(groups.items()))

    def confusion(self) -> list[tuple[str, str, int]]:
        """Return which answers were served in place of which, most frequent first."""
        pairs = Counter(
            (each.question.expect[0], served)
            for each in self.results
            if each.outcome == "wrong"
            for served in (each.turn.answer_ids or (each.turn.kind.value,))
        )
        return [(expected, served, count) for (expected, served), count in pairs.most_common()]


def read_questions(files: Sequence[Path], answers: Container[str]) -> list[Question]:
    """Read labelled questions, one JSON object a line.

    Args:
        files: where they are.
        answers: the ids of the answers that a label may name.

    Raises:
        EvaluationError: a file can't be read, or a line has no text, no label, or names an answer that is not there.
    """
    questions: list[Question] = []
    for path in files:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise EvaluationError(f"{path}: cannot be read ({type(error).__name__}). Name a file of JSON lines.") from error
        for number, line in enumerate(lines, start=1):
            if line.strip():
                questions.append(_question(line, f"{path.name}:{number}", answers))
    if not questions:
        raise EvaluationError("The files hold no question. Write one JSON object a line, with id, text and expect.")
    return questions


async def evaluate(core: Core, questions: Sequence[Question], progress: Callable[[str, float], None]) -> Report:
    """Ask every question in a conversation of its own, its context first."""
    clock = FixedClock(datetime.now(UTC))
    results = []
    for number, question in enumerate(questions):
        if number % 50 == 0 and len(questions) > 500:
            progress("Asking", number / len(questions))
        store = MemoryStore()
        conversations = Conversations(
            book=core.book,
            searcher=core.searcher,
            triage=core.triage,
            transcript=store,
            team=FixedTeam(),
            clock=clock,
        )
        for at, text in enumerate((*question.context, question.text)):
            turn = await conversations.handle(
                Message(
                    conversation_id=ConversationId(question.id), message_id=MessageId(str(at)), text=text, at=clock.now()
                )
            )
        results.append(Result(question=question, turn=turn, outcome=judge(question, turn)))
    return _report(results, core.searcher.calibration.answer_threshold)


def judge(question: Question, turn: Turn) -> Outcome:
    """Say what became of a question.

    Right: an expected answer was served and none that is not accepted; for two questions both. For other kinds: that kind.
    Clarified and abstained count as neither right nor wrong where an answer was expected.
    """
    if question.kind == Kind.ANSWER:
        return _judge_answer(question, turn)
    if question.kind == "none":
        urgent = {Kind.CRISIS, Kind.EMERGENCY, Kind.DISTRESS, Kind.HUMAN, Kind.MEDICAL_ADVICE, Kind.SOURCING}
        return "wrong" if turn.kind in urgent else "right"
    if question.kind == Kind.ABSTAIN:
        return "wrong" if turn.kind in {Kind.ANSWER, Kind.SMALLTALK} else "right"
    if question.kind == Kind.SMALLTALK:
        return "right" if turn.kind is Kind.SMALLTALK else ("wrong" if turn.kind is Kind.ANSWER else "other")
    if turn.kind == question.kind:
        return "right"
    return "wrong" if turn.kind in {Kind.ANSWER, Kind.SMALLTALK} else "other"


def _judge_answer(question: Question, turn: Turn) -> Outcome:
    served = [each for each in turn.answer_ids if not each.startswith(SMALLTALK_PREFIX)]
    if turn.kind is Kind.CLARIFY:
        return "clarified"
    if not served:
        return "wrong" if turn.kind is Kind.SMALLTALK else "abstained"
    accepted = {*question.expect, *question.also}
    return "right" if all(each in accepted for each in served) else "wrong"


def _report(results: Sequence[Result], threshold: float) -> Report:
    scored = [each for each in results if each.question.kind in {Kind.ANSWER, Kind.ABSTAIN}]
    served = [each for each in scored if each.turn.answer_ids]
    scores = np.array([each.turn.score for each in served])
    right = np.array([each.outcome == "right" for each in served], dtype=bool)
    curve = risk_coverage(scores, right) if served else []
    share = len(served) / max(1, len(scored))
    reliability = []
    for low in np.linspace(0, 1, BINS, endpoint=False):
        inside = (scores >= low) & (scores < low + 1 / BINS + (1e-9 if low + 1 / BINS >= 1 else 0))
        if inside.any():
            reliability.append((float(scores[inside].mean()), float(right[inside].mean()), int(inside.sum())))
    return Report(
        results=tuple(results),
        threshold=threshold,
        curve=tuple(CurvePoint(point.threshold, point.coverage * share, point.risk) for point in curve),
        reliability=tuple(reliability),
    )


def _question(line: str, where: str, answers: Container[str]) -> Question:
    try:
        given = json.loads(line)
        if isinstance(given, dict) and isinstance(given.get("expect"), str):
            given["expect"] = [given["expect"]]
        question = Question.model_validate(given)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in problem["loc"]) or "the line"
        raise EvaluationError(f"{where}: {field}: {problem['msg']}. A line needs id, text and expect.") from error
    except ValueError as error:
        raise EvaluationError(f"{where}: is not JSON. Write one object a line.") from error
    if question.kind == Kind.ANSWER:
        for answer_id in (*question.expect, *question.also):
            if answer_id not in answers:
                raise EvaluationError(f"{where}: there is no answer {answer_id}. Correct the id, or write a kind.")
    return question
