"""Conversations in each state, for the tests of who owns them."""

from datetime import timedelta

from bot.model import ConversationId, Handoff, Kind, MessageId, Owner, Responder, Severity, Standing
from tests.conftest import DANA, NOON

EARLIER = NOON - timedelta(minutes=3)


def a_handoff(kind: Kind = Kind.HUMAN, severity: Severity | None = None) -> Handoff:
    """A case of some kind."""
    urgent = kind in {Kind.CRISIS, Kind.EMERGENCY}
    ids = (MessageId("m-1"),)
    return Handoff(
        conversation_id=ConversationId("c-1"),
        kind=kind,
        opened_at=EARLIER,
        urgent=urgent,
        severity=severity,
        message_ids=ids,
    )


ASKED = a_handoff()
CRISIS = a_handoff(Kind.CRISIS, "high")
HINTED = a_handoff(Kind.CRISIS, "moderate")
NOW = a_handoff(Kind.CRISIS, "imminent")
EMERGENCY = a_handoff(Kind.EMERGENCY)  # a rule of the pack may say nothing of how grave it is

BOT = Standing()
QUEUED = Standing(owner=Owner.QUEUED, since=EARLIER, handoff=ASKED)
CLOSED = Standing(owner=Owner.CLOSED, since=EARLIER)


def queued(handoff: Handoff | None = CRISIS, *, told: bool = False, seen: bool = False) -> Standing:
    """A conversation that waits."""
    told_at, seen_at = EARLIER if told else None, EARLIER if seen else None
    return Standing(owner=Owner.QUEUED, since=EARLIER, handoff=handoff, told_at=told_at, seen_at=seen_at)


def owned(by: Responder = DANA, handoff: Handoff | None = ASKED, *, raised_s: float | None = None) -> Standing:
    """A conversation that a person has; ``raised_s`` is how many seconds ago danger was raised."""
    raised_at = None if raised_s is None else NOON - timedelta(seconds=raised_s)
    return Standing(owner=Owner.PERSON, since=EARLIER, handoff=handoff, responder=by, seen_at=EARLIER, raised_at=raised_at)
