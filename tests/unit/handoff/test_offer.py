"""When a message becomes a case for a person."""

import pytest

from bot.handoff import is_urgent, offer_of, open_for
from bot.model import (
    Abstained,
    Answered,
    Clarified,
    ConversationId,
    Decision,
    Escalated,
    HandoffOffer,
    Kind,
    Relayed,
    Route,
    SmallTalk,
)
from tests.conftest import NOON, a_message


def escalated(kind: Kind) -> Escalated:
    """A decision of triage."""
    return Escalated(kind=kind, route=Route(kind=kind))


@pytest.mark.parametrize(
    ("decision", "offer"),
    [
        (Answered(candidates=()), None),
        (Clarified(candidates=()), "offered"),
        (SmallTalk(topic="thanks", score=1.0), None),
        (Relayed(), None),
        (Abstained(on_subject=True, score=0.1), "opened"),
        (Abstained(on_subject=False, score=0.1), "offered"),
        (Abstained(on_subject=True, score=0.0, why="empty"), "offered"),
        (Abstained(on_subject=True, score=0.0, why="many"), "offered"),
        (escalated(Kind.CRISIS), "opened"),
        (escalated(Kind.EMERGENCY), "opened"),
        (escalated(Kind.HUMAN), "opened"),
        (escalated(Kind.MEDICAL_ADVICE), "opened"),
        (escalated(Kind.DISTRESS), "offered"),
        (escalated(Kind.SOURCING), "offered"),
    ],
)
def test_each_kind_opens_offers_or_neither(decision: Decision, offer: HandoffOffer | None) -> None:
    """The table of kinds of the design, row by row; a choice offers a person."""
    assert offer_of(decision) == offer


@pytest.mark.parametrize("kind", list(Kind))
def test_danger_is_urgent_and_nothing_else(kind: Kind) -> None:
    """A crisis and an emergency are urgent."""
    assert is_urgent(kind) == (kind in {Kind.CRISIS, Kind.EMERGENCY})
    assert open_for(a_message("help"), kind, NOON).urgent == is_urgent(kind)


def test_a_handoff_names_its_message() -> None:
    """A case holds the conversation, the message and the time."""
    handoff = open_for(a_message("help", "c-9", "m-9"), Kind.HUMAN, NOON)
    assert (handoff.conversation_id, handoff.message_ids, handoff.opened_at) == (ConversationId("c-9"), ("m-9",), NOON)
