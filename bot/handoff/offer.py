"""When a message becomes a case for a person."""

from datetime import datetime
from typing import assert_never

from bot.model import (
    Abstained,
    Answered,
    Clarified,
    ConversationId,
    Decision,
    Escalated,
    Handoff,
    HandoffOffer,
    Kind,
    Message,
    Relayed,
    Route,
    SmallTalk,
)

_URGENT = frozenset({Kind.CRISIS, Kind.EMERGENCY})
_OPENED = _URGENT | {Kind.HUMAN, Kind.MEDICAL_ADVICE}


def offer_of(decision: Decision) -> HandoffOffer | None:
    """Say whether a decision opens a handoff, offers one, or neither (the table of kinds in the design)."""
    match decision:
        case Escalated(kind=kind):
            return "opened" if kind in _OPENED else "offered"
        case Abstained(on_subject=on_subject, why=why):
            return "opened" if on_subject and why == "no_answer" else "offered"
        case Clarified():
            return "offered"
        case Answered() | SmallTalk() | Relayed():
            return None
        case _:
            assert_never(decision)


def open_for(message: Message, kind: Kind, at: datetime, route: Route | None = None) -> Handoff:
    """Open a handoff for a message, as grave as triage found it."""
    route = route or Route()
    return Handoff(
        conversation_id=ConversationId(message.conversation_id),
        kind=kind,
        opened_at=at,
        urgent=kind in _URGENT,
        severity=route.severity,
        about=route.about,
        message_ids=(message.message_id,),
    )


def is_urgent(kind: Kind) -> bool:
    """Whether the kind latches the conversation: danger, or a medical emergency."""
    return kind in _URGENT
