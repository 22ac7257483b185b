"""What danger a conversation stays latched for, until a responder clears it."""

from datetime import datetime, timedelta

from bot.handoff.offer import is_urgent
from bot.model import Latch, Record


def latch_of(record: Record) -> tuple[Latch, ...]:
    """Return what a conversation is latched for, newest first."""
    cleared_at = record.standing.cleared_at
    urgent = (turn for turn in reversed(record.turns) if is_urgent(turn.kind))
    held = (turn for turn in urgent if cleared_at is None or turn.at > cleared_at)
    return tuple(dict.fromkeys(Latch(kind=turn.kind, variant=turn.variant) for turn in held))


def not_before(now: datetime, record: Record) -> datetime:
    """Return the time, or where the clock was set back, the first that keeps the order of what is on record."""
    cleared_at = record.standing.cleared_at
    at = max(now, record.turns[-1].at) if record.turns else now
    return at if cleared_at is None else max(at, cleared_at + timedelta.resolution)
