"""Labelled questions: read, asked, judged, counted."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.assembly import Core
from bot.content.loader import load
from bot.content.schema import KnowledgeBase
from bot.errors import EvaluationError
from bot.evaluation import Question, evaluate, read_questions
from bot.evaluation.measure import Outcome, judge
from bot.model import AnswerId, Kind
from tests.conftest import SMALL_PACK, a_turn


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeBase:
    """The small pack."""
    return load(SMALL_PACK)


def a_question(*expect: str, also: tuple[str, ...] = (), context: tuple[str, ...] = ()) -> Question:
    """A labelled question."""
    return Question(id="q-1", text="how long can i keep a book", expect=expect, also=also, context=context)


@pytest.mark.parametrize(
    ("question", "kind", "served", "outcome"),
    [
        (a_question("fines"), Kind.ANSWER, ["fines"], "right"),
        (a_question("fines"), Kind.ANSWER, ["renewals"], "wrong"),
        (a_question("fines", also=("renewals",)), Kind.ANSWER, ["renewals"], "right"),
        (a_question("fines"), Kind.ANSWER, ["fines", "renewals"], "wrong"),
        (a_question("fines", "renewals"), Kind.ANSWER, ["fines", "renewals"], "right"),
        (a_question("fines"), Kind.CLARIFY, [], "clarified"),
        (a_question("fines"), Kind.ABSTAIN, [], "abstained"),
        (a_question("fines"), Kind.CRISIS, [], "abstained"),
        (a_question("fines"), Kind.SMALLTALK, ["smalltalk/bye"], "wrong"),
        (a_question("abstain"), Kind.ABSTAIN, [], "right"),
        (a_question("abstain"), Kind.CLARIFY, [], "right"),
        (a_question("abstain"), Kind.ANSWER, ["fines"], "wrong"),
        (a_question("abstain"), Kind.SMALLTALK, ["smalltalk/bye"], "wrong"),
        (a_question("smalltalk"), Kind.SMALLTALK, ["smalltalk/bye"], "right"),
        (a_question("smalltalk"), Kind.ANSWER, ["fines"], "wrong"),
        (a_question("smalltalk"), Kind.ABSTAIN, [], "other"),
        (a_question("crisis"), Kind.CRISIS, [], "right"),
        (a_question("crisis"), Kind.DISTRESS, [], "other"),
        (a_question("crisis"), Kind.ANSWER, ["fines"], "wrong"),
        (a_question("none"), Kind.ANSWER, ["fines"], "right"),
        (a_question("none"), Kind.CRISIS, [], "wrong"),
    ],
)
def test_each_outcome_is_judged(question: Question, kind: Kind, served: list[str], outcome: Outcome) -> None:
    """Right, wrong, clarified, abstained: what each label and each reply make together."""
    turn = replace(a_turn(kind=kind), answer_ids=tuple(map(AnswerId, served)))
    assert judge(question, turn) == outcome


def test_questions_are_read_with_what_belongs_to_them(tmp_path: Path, knowledge: KnowledgeBase) -> None:
    """One label may be a plain text; blank lines and unknown fields are passed over."""
    file = tmp_path / "questions.jsonl"
    row = {"id": "1", "text": "late?", "expect": "fines", "style": "terse", "gist": "fines", "context": ["hi"]}
    file.write_text(json.dumps(row) + "\n\n", encoding="utf-8")
    assert read_questions([file], knowledge.answers) == [
        Question(id="1", text="late?", expect=("fines",), style="terse", context=("hi",))
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "questions.jsonl:2: is not JSON. Write one object a line."),
        ("[]", "questions.jsonl:2: the line: Input should be a valid dictionary"),
        ('{"id": "1", "expect": ["fines"]}', "questions.jsonl:2: text: Field required. A line needs id, text and expect."),
        ('{"id": "1", "text": "x", "expect": []}', "questions.jsonl:2: expect: Tuple should have at least 1 item"),
        ('{"id": "1", "text": "x", "expect": ["fine"]}', "questions.jsonl:2: there is no answer fine. Correct the id"),
        ('{"id": "1", "text": "x", "expect": ["fines"], "also": ["y"]}', "questions.jsonl:2: there is no answer y."),
    ],
)
def test_a_wrong_line_says_where_and_what(tmp_path: Path, knowledge: KnowledgeBase, line: str, said: str) -> None:
    """File, line, what is wrong and what to do."""
    file = tmp_path / "questions.jsonl"
    file.write_text("\n" + line + "\n", encoding="utf-8")
    with pytest.raises(EvaluationError) as caught:
        read_questions([file], knowledge.answers)
    assert said in str(caught.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, knowledge: KnowledgeBase, content: bytes | None) -> None:
    """A missing file and a file in another encoding are named."""
    file = tmp_path / "questions.jsonl"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(EvaluationError, match=r"questions\.jsonl: cannot be read"):
        read_questions([file], knowledge.answers)


def test_no_questions_are_a_fault(tmp_path: Path, knowledge: KnowledgeBase) -> None:
    """An empty file gives no report of nothing."""
    file = tmp_path / "questions.jsonl"
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match="The files hold no question"):
        read_questions([file], knowledge.answers)


def quiet(_label: str, _share: float) -> None:
    """Take progress and say nothing."""


async def test_each_question_has_a_conversation_of_its_own(small_core: Core) -> None:
    """A crisis in one question does not latch the next; its context comes before it."""
    questions = [
        Question(id="1", text="i want to kill myself", expect=("crisis",)),
        Question(id="2", text="late fees", expect=("fines",)),
        Question(id="2", text="opening times", expect=("opening-hours",), context=("i want to kill myself",)),
    ]
    report = await evaluate(small_core, questions, quiet)
    assert [(each.outcome, each.turn.latched, each.turn.n) for each in report.results] == [
        ("right", True, 1),
        ("right", False, 1),
        ("right", True, 2),
    ]


async def test_a_report_counts_what_it_measured(small_core: Core) -> None:
    """Counts by kind and by style, confusions, and curves within their bounds."""
    questions = [
        Question(id="1", text="late fees", expect=("fines",), style="terse"),
        Question(id="2", text="late fees", expect=("renewals",), style="plain"),
        Question(id="3", text="who won the war of the roses", expect=("abstain",)),
    ]
    report = await evaluate(small_core, questions, quiet)
    assert report.counts("answer") == {"right": 1, "wrong": 1}
    assert report.confusion() == [("renewals", "fines", 1)]
    assert sorted(report.by(lambda each: [each.question.style])) == ["plain", "terse"]
    assert all(0 <= point.coverage <= 1 and 0 <= point.risk <= 1 for point in report.curve)
    assert sum(count for _, _, count in report.reliability) == 2
