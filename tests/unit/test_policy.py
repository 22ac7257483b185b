"""What is done about a message: each branch of the decision."""

from dataclasses import replace

import pytest

from bot.assembly import Core
from bot.calibration import Calibration
from bot.model import (
    Abstained,
    Answered,
    AnswerId,
    Candidate,
    Clarified,
    Decision,
    Escalated,
    Kind,
    Owner,
    Relayed,
    Route,
    SmallTalk,
)
from bot.policy import decide
from bot.retrieval.search import NOTHING, Findings

CALM = Route()


@pytest.fixture(scope="module")
def calibration(small_core: Core) -> Calibration:
    """Thresholds with a round number each."""
    return replace(small_core.searcher.calibration, answer_threshold=0.7, clarify_threshold=0.5)


def a_candidate(answer_id: str, score: float) -> Candidate:
    """A candidate for an answer."""
    return Candidate(answer_id=AnswerId(answer_id), score=score, matched="a phrasing")


def some_findings(*scores: float, among: float = 0.0, known_words: float = 1.0, n_words: int = 5) -> Findings:
    """Findings with candidates ``a``, ``b``, ``c`` of these scores."""
    candidates = tuple(a_candidate(name, score) for name, score in zip("abc", scores, strict=False))
    return Findings(candidates=candidates, among=among, known_words=known_words, n_words=n_words)


def test_a_clear_candidate_is_answered(calibration: Calibration) -> None:
    """From the threshold on, the best candidate is the answer."""
    decision = decide(CALM, some_findings(0.7, 0.2), Owner.BOT, calibration=calibration, on_subject=False)
    assert decision == Answered(candidates=(a_candidate("a", 0.7),))


def test_just_below_the_threshold_nothing_is_answered(calibration: Calibration) -> None:
    """Rather silent than wrong."""
    decision = decide(CALM, some_findings(0.699, 0.2), Owner.BOT, calibration=calibration, on_subject=False)
    assert decision == Abstained(on_subject=False, score=0.699)


def test_two_questions_get_two_answers(calibration: Calibration) -> None:
    """A clear second question is answered too."""
    second = a_candidate("b", 0.8)
    findings = replace(some_findings(0.9), second_question=(second,), n_questions=2)
    decision = decide(CALM, findings, Owner.BOT, calibration=calibration, on_subject=True)
    assert decision == Answered(candidates=(a_candidate("a", 0.9), second))


def test_a_greeting_beside_a_question_is_no_second_question(calibration: Calibration) -> None:
    """Small talk is not served beside an answer."""
    findings = replace(some_findings(0.9), second_question=(a_candidate("smalltalk/greeting", 0.9),), n_questions=2)
    decision = decide(CALM, findings, Owner.BOT, calibration=calibration, on_subject=True)
    assert decision == Answered(candidates=(a_candidate("a", 0.9),))


def test_neighbours_are_asked_about(calibration: Calibration) -> None:
    """When one of three is likely right, the visitor chooses."""
    decision = decide(CALM, some_findings(0.4, 0.3, 0.1, among=0.6), Owner.BOT, calibration=calibration, on_subject=True)
    assert isinstance(decision, Clarified)
    assert [each.answer_id for each in decision.candidates] == ["a", "b", "c"]


@pytest.mark.parametrize("findings", [some_findings(0.4, 0.3, among=0.4), some_findings(0.4, among=0.6)])
def test_too_little_to_choose_from_is_an_abstention(calibration: Calibration, findings: Findings) -> None:
    """Neither an unlikely choice nor a choice of one is offered."""
    decision = decide(CALM, findings, Owner.BOT, calibration=calibration, on_subject=True)
    assert decision == Abstained(on_subject=True, score=0.4)


def test_small_talk_is_small_talk(calibration: Calibration) -> None:
    """A topic that the pack has is answered with its own sentence."""
    findings = Findings(candidates=(a_candidate("smalltalk/thanks", 0.9),), among=0.9)
    topics = frozenset({"thanks"})
    decision = decide(CALM, findings, Owner.BOT, calibration=calibration, on_subject=False, small_talk_topics=topics)
    assert decision == SmallTalk(topic="thanks", score=0.9)


def test_small_talk_is_never_a_choice(calibration: Calibration) -> None:
    """A greeting is not offered as something that was perhaps meant."""
    candidates = (a_candidate("a", 0.4), a_candidate("smalltalk/thanks", 0.3), a_candidate("b", 0.2))
    decision = decide(CALM, Findings(candidates=candidates, among=0.6), Owner.BOT, calibration=calibration, on_subject=False)
    assert isinstance(decision, Clarified)
    assert [each.answer_id for each in decision.candidates] == ["a", "b"]


@pytest.mark.parametrize("kind", [Kind.CRISIS, Kind.EMERGENCY, Kind.DISTRESS])
@pytest.mark.parametrize("owner", list(Owner))
def test_danger_comes_first_whoever_owns_the_conversation(calibration: Calibration, kind: Kind, owner: Owner) -> None:
    """What triage raised is served, over a perfect answer and over a person's ownership."""
    route = Route(kind=kind)
    decision = decide(route, some_findings(0.99), owner, calibration=calibration, on_subject=True)
    assert isinstance(decision, Escalated)
    assert (decision.kind, decision.route) == (kind, route)
    assert (decision.general is not None) == (kind is Kind.DISTRESS)  # a question asked in distress is still a question


@pytest.mark.parametrize("kind", [Kind.HUMAN, Kind.MEDICAL_ADVICE, Kind.SOURCING])
def test_what_is_no_danger_is_left_to_the_person_who_is_there(calibration: Calibration, kind: Kind) -> None:
    """Who is talking to a person needs no program to say that it can bring one."""
    route = Route(kind=kind)
    relayed, escalated = (
        decide(route, some_findings(0.99), owner, calibration=calibration, on_subject=True)
        for owner in (Owner.PERSON, Owner.QUEUED)
    )
    assert isinstance(relayed, Relayed)
    assert isinstance(escalated, Escalated)


@pytest.mark.parametrize(("score", "general"), [(0.9, a_candidate("a", 0.9)), (0.3, None)])
def test_medical_advice_carries_the_general_fact(calibration: Calibration, score: float, general: Candidate | None) -> None:
    """The refusal comes with the general fact, when there is a clear one."""
    route = Route(kind=Kind.MEDICAL_ADVICE)
    decision = decide(route, some_findings(score), Owner.BOT, calibration=calibration, on_subject=True)
    assert decision == Escalated(kind=Kind.MEDICAL_ADVICE, route=route, general=general)


def test_small_talk_is_no_general_fact(calibration: Calibration) -> None:
    """A greeting does not stand under a medical refusal."""
    findings = Findings(candidates=(a_candidate("smalltalk/greeting", 0.9),), among=0.9)
    decision = decide(Route(kind=Kind.MEDICAL_ADVICE), findings, Owner.BOT, calibration=calibration, on_subject=False)
    assert isinstance(decision, Escalated)
    assert decision.general is None


def test_the_bot_is_silent_while_a_person_replies(calibration: Calibration) -> None:
    """A person's conversation is relayed, whatever was found."""
    assert decide(CALM, some_findings(0.99), Owner.PERSON, calibration=calibration, on_subject=True) == Relayed()


def test_the_bot_still_answers_while_the_queue_waits(calibration: Calibration) -> None:
    """Until a person is there, the bot goes on answering."""
    assert isinstance(decide(CALM, some_findings(0.9), Owner.QUEUED, calibration=calibration, on_subject=True), Answered)


def why_of(decision: Decision) -> str:
    """Why nothing was answered."""
    assert isinstance(decision, Abstained)
    return decision.why


def test_nothing_to_read_is_empty(calibration: Calibration) -> None:
    """A message without words is answered as that, and passed on to nobody."""
    decision = decide(CALM, NOTHING, Owner.BOT, calibration=calibration, on_subject=True)
    assert why_of(decision) == "empty"


def test_many_questions_are_asked_for_one_at_a_time(calibration: Calibration) -> None:
    """A list of questions is not guessed at."""
    decision = decide(CALM, replace(NOTHING, n_questions=30), Owner.BOT, calibration=calibration, on_subject=True)
    assert why_of(decision) == "many"


def test_a_long_message_without_an_answer_says_that_it_was_long(calibration: Calibration) -> None:
    """What was only read in part is said to be so, unless the answer is clear."""
    long = {"calibration": calibration, "on_subject": True, "too_long": True}
    assert why_of(decide(CALM, some_findings(0.5), Owner.BOT, **long)) == "too_long"  # type: ignore[arg-type]
    assert isinstance(decide(CALM, some_findings(0.8), Owner.BOT, **long), Answered)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "n_words", "why"), [(0.2, 8, "other_language"), (0.2, 2, "no_answer"), (0.9, 8, "no_answer")]
)
def test_another_language_is_told_from_an_unknown_question(
    calibration: Calibration, known: float, n_words: int, why: str
) -> None:
    """Several words, most of them unknown, are taken for another language."""
    findings = some_findings(0.1, known_words=known, n_words=n_words)
    assert why_of(decide(CALM, findings, Owner.BOT, calibration=calibration, on_subject=False)) == why
