"""The life of a handoff: when a message opens one, who owns the conversation then, and who is told when."""

from bot.handoff.ladder import Ladder, Ladders
from bot.handoff.offer import is_urgent, offer_of, open_for
from bot.handoff.ownership import (
    Action,
    Claimed,
    Cleared,
    Closed,
    Released,
    Requeued,
    Seen,
    Spoke,
    Step,
    TakenOver,
    Told,
    Transferred,
    TurnSaid,
    after,
    audited_as,
    graver_handoff,
)

__all__ = [
    "Action",
    "Claimed",
    "Cleared",
    "Closed",
    "Ladder",
    "Ladders",
    "Released",
    "Requeued",
    "Seen",
    "Spoke",
    "Step",
    "TakenOver",
    "Told",
    "Transferred",
    "TurnSaid",
    "after",
    "audited_as",
    "graver_handoff",
    "is_urgent",
    "offer_of",
    "open_for",
]
