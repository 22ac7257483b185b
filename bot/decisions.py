"""What a decision is called and what it holds, as a turn records it."""

from bot.model import (
    Abstained,
    Answered,
    AnswerId,
    Clarified,
    Decision,
    Escalated,
    Kind,
    Relayed,
    SmallTalk,
)
from bot.policy import SMALLTALK_PREFIX


def kind_of(decision: Decision) -> Kind:
    """Return the word for a decision that is used everywhere."""
    match decision:
        case Answered():
            return Kind.ANSWER
        case Clarified():
            return Kind.CLARIFY
        case SmallTalk():
            return Kind.SMALLTALK
        case Abstained():
            return Kind.ABSTAIN
        case Escalated(kind=kind):
            return kind
        case Relayed():
            return Kind.RELAYED


def answer_ids_of(decision: Decision) -> tuple[AnswerId, ...]:
    """Return the answers that are served, small talk by its own ids."""
    match decision:
        case Answered(candidates=candidates):
            return tuple(each.answer_id for each in candidates)
        case Escalated(general=general) if general is not None:
            return (general.answer_id,)
        case SmallTalk(topic=topic):
            return (AnswerId(SMALLTALK_PREFIX + topic),)
        case _:
            return ()


def score_of(decision: Decision) -> float:
    """Return how sure the decision is, 0 to 1; 1 where triage or a person decided."""
    match decision:
        case Answered(candidates=candidates) | Clarified(candidates=candidates):
            return candidates[0].score
        case Abstained(score=score) | SmallTalk(score=score):
            return score
        case Escalated(general=general):
            return general.score if general else 1.0
        case Relayed():
            return 1.0
