"""What to do about a message: answer, ask which, abstain, or bring in a person."""

from collections.abc import Set

from bot.calibration import Calibration
from bot.model import (
    DANGER,
    Abstained,
    Answered,
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
from bot.retrieval.search import Findings

SMALLTALK_PREFIX = "smalltalk/"  # small talk is indexed beside the answers, under ids that begin like this
MAX_CHOICES = 3
FOREIGN_SHARE = 0.5  # below this share of known words a message of some length is taken for another language
FOREIGN_WORDS = 4
SMALLTALK_WORDS = 25  # a longer message, or one on the subject, must be small talk as surely as an answer must be right
TERSE_SCORE = 0.85  # "length" or "how long" may mean several things: ask which, unless it is a stored phrasing
# Of all development questions answered with a smaller lead a third are wrong; a short one can be asked back about in a line.
NARROW_LEAD, NARROW_WORDS = 0.1, 6
GENERAL_SCORE = 1 / 3  # for the general fact below "ask a doctor", which says itself that it is no advice
UNEASY = 0.5  # share of the threshold for danger from which a message that fits no answer gets the offer of a person


def decide(
    route: Route,
    findings: Findings,
    owner: Owner,
    *,
    calibration: Calibration,
    on_subject: bool,
    too_long: bool = False,
    is_foreign: bool = False,
    small_talk_topics: Set[str] = frozenset(),
) -> Decision:
    """Decide on one message; triage comes first, and nothing after it can lower what it raised.

    Args:
        route: what triage made of it.
        findings: what retrieval found.
        owner: who replies in the conversation now.
        calibration: the thresholds; see ``Calibration``.
        on_subject: whether the message speaks of the pack's subject.
        too_long: whether only a part of it was read.
        is_foreign: whether triage takes it for another language than the answers'.
        small_talk_topics: topics of small talk that may be answered.
    """
    if owner is Owner.PERSON and route.kind not in DANGER:
        return Relayed()
    if route.kind is not None:
        return Escalated(kind=route.kind, route=route, general=_below_card(route.kind, findings, calibration))
    if not findings.candidates:
        why = "many" if findings.n_questions > 1 else "other_language" if findings.known_words == 0 else "empty"
        return Abstained(on_subject=on_subject and why == "many", score=0.0, why=why)
    best = findings.candidates[0]
    if best.answer_id.startswith(SMALLTALK_PREFIX):
        short = findings.n_words <= SMALLTALK_WORDS and not on_subject
        if best.score >= (calibration.smalltalk_threshold if short else calibration.answer_threshold):
            return _small_talk(best, small_talk_topics, on_subject=on_subject)
    elif best.score >= (TERSE_SCORE if findings.is_terse else calibration.answer_threshold) and not _is_narrow(findings):
        return _answered(best, findings)
    near = tuple(each for each in findings.candidates[:MAX_CHOICES] if not each.answer_id.startswith(SMALLTALK_PREFIX))
    if why := _unreadable(route, findings, too_long=too_long, is_foreign=is_foreign):
        return Abstained(on_subject=on_subject and why != "other_language", score=best.score, why=why)
    if (findings.among >= calibration.clarify_threshold or _is_narrow(findings)) and len(near) >= 2:
        return Clarified(candidates=near)
    return Abstained(on_subject=on_subject, score=best.score)


def _is_narrow(findings: Findings) -> bool:
    """Whether a few words fit two answers so equally that the first is a matter of chance: "how long does it last"."""
    return findings.n_words <= NARROW_WORDS and findings.lead < NARROW_LEAD and len(findings.candidates) >= 2


def _answered(best: Candidate, findings: Findings) -> Answered:
    second = next(iter(findings.second_question), None)
    if second is not None and not second.answer_id.startswith(SMALLTALK_PREFIX):
        return Answered(candidates=(best, second))
    return Answered(candidates=(best,))


def _unreadable(route: Route, findings: Findings, *, too_long: bool, is_foreign: bool) -> str:
    """Return which honest word a message needs that no answer fits for sure; empty where it is an ordinary question."""
    if route.concern >= UNEASY:
        return "unsure"
    if too_long:
        return "too_long"
    if is_foreign or (findings.known_words < FOREIGN_SHARE and findings.n_words >= FOREIGN_WORDS):
        return "other_language"
    return ""


def _below_card(kind: Kind, findings: Findings, calibration: Calibration) -> Candidate | None:
    """Return the answer that stands below a card: a question asked in distress is still a question."""
    least = {Kind.MEDICAL_ADVICE: GENERAL_SCORE, Kind.DISTRESS: calibration.answer_threshold}.get(kind)
    best = next(iter(findings.candidates), None)
    if least is None or best is None or best.answer_id.startswith(SMALLTALK_PREFIX) or best.score < least:
        return None
    return best


def _small_talk(best: Candidate, topics: Set[str], *, on_subject: bool) -> Decision:
    topic = best.answer_id.removeprefix(SMALLTALK_PREFIX)
    if topic not in topics:
        return Abstained(on_subject=on_subject, score=best.score)
    return SmallTalk(topic=topic, score=best.score)
