"""Who owns a conversation: ``bot → queued → person → bot | closed``, as one function that every store runs in its commit.

So no two people can own a conversation, and no reply of the bot can be recorded that was decided before a person took over:
whoever comes second sees what the first one did, and is refused.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never

from bot.errors import NothingWaits, NotReactedTo, NotYours, OwnerChanged, TakenByAnother
from bot.model import (
    DANGER,
    SEVERITIES,
    Handoff,
    Happened,
    Kind,
    MessageId,
    Owner,
    Responder,
    Severity,
    Standing,
    Turn,
    Verdict,
)

# A visitor who writes to a person and gets no answer for so long is told of to the team again: nobody must wait on one tab.
UNANSWERED_AFTER = timedelta(minutes=5)
# A reply that arrives so soon after danger was raised was begun before it: it is no reaction to it.
CROSSED_WITHIN = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSaid:
    """A visitor wrote, and the bot replied or passed it on."""

    kind: Kind
    handoff: Handoff | None = None
    answers: bool = False  # whether an answer stands in the reply, below a card too

    @classmethod
    def of(cls, turn: Turn, handoff: Handoff | None) -> "TurnSaid":
        """Return what a turn means for the ownership."""
        return cls(kind=turn.kind, handoff=handoff, answers=bool(turn.answer_ids))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alert reached its receiver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A responder looked at the conversation."""

    by: Responder


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A responder takes a conversation that nobody has."""

    by: Responder


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """A responder takes a conversation from another one, on purpose."""

    by: Responder


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred:
    """A responder gives a conversation to another, who is alerted until they react."""

    by: Responder
    to: Responder


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeued:
    """A responder puts a conversation back into the queue."""

    by: Responder


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoke:
    """A responder wrote to the visitor."""

    by: Responder


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A responder hands the conversation back to the bot, with or without clearing its crisis."""

    by: Responder
    clear: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """A responder clears the crisis and stays."""

    by: Responder


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A responder ends the case, and says what it was; a false alarm and a test clear the crisis too."""

    by: Responder
    verdict: Verdict | None = None
    clear: bool = False
    message_id: MessageId | None = None  # which message the verdict is about; those that opened the handoff otherwise
    label: str | None = None  # of ``bot.triage.kinds.KINDS``, with real and missed
    severity: Severity | None = None


Action = TurnSaid | Told | Seen | Claimed | TakenOver | Transferred | Requeued | Spoke | Released | Cleared | Closed
Alerting = Literal["keep", "start", "later", "put_off", "stop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What an action makes of a conversation."""

    standing: Standing
    facts: tuple[tuple[Happened, str], ...] = ()  # what the visitor is told, each with the responder's name or none
    # The ladder of alerts: goes on as it is; begins anew at once; begins after UNANSWERED_AFTER unless one runs; ends, and
    # if one ran, begins anew after UNANSWERED_AFTER; ends.
    alert: Alerting = "keep"
    why: Literal["opened", "raised", "unanswered"] = "opened"


def after(standing: Standing, action: Action, at: datetime) -> Step:
    """Return what an action makes of a conversation. Every store calls this inside the commit that records the action.

    Raises:
        OwnerChanged: a turn was decided for another owner than the conversation has by now, or before its crisis was
            cleared; decide again.
        TakenByAnother: another responder has the conversation.
        NotYours: the responder must claim it first.
        NotReactedTo: danger was raised meanwhile, and ending the case would end its alerts unseen.
        NothingWaits: there is nothing to close.
    """
    match action:
        case TurnSaid():
            return _said(standing, action, at)
        case Told():
            return _told(standing, at)
        case Seen():
            return _seen(standing, at)
        case Claimed(by=by):
            return _claimed(standing, by, at)
        case TakenOver(by=by):
            return _taken(standing, by, at)
        case Closed():
            return _closed(standing, action, at)
        case _:
            return _handed_on(standing, action, at)


def audited_as(action: Action) -> str:
    """Return the word for an action in the audit trail; empty for what no responder did."""
    words: dict[type, str] = {
        Seen: "looked",
        Claimed: "claimed",
        TakenOver: "took over",
        Transferred: "transferred",
        Requeued: "put back",
        Spoke: "spoke",
        Released: "released",
        Cleared: "cleared",
        Closed: "closed",
    }
    return words.get(type(action), "")


def graver_handoff(one: Handoff | None, other: Handoff | None) -> Handoff | None:
    """Return the graver of two handoffs; the first, where they are alike."""
    return min((each for each in (one, other) if each), key=gravity, default=None)


def gravity(handoff: Handoff | None) -> tuple[bool, int]:
    """Return what handoffs are ordered by, the gravest first: urgent ones, and those by severity."""
    if handoff is None:
        return True, len(SEVERITIES) + 1
    if not handoff.urgent:
        return True, len(SEVERITIES)
    return False, SEVERITIES.index(handoff.severity or "high")  # as the ladders take it


def _said(standing: Standing, action: TurnSaid, at: datetime) -> Step:
    handoff = action.handoff
    if handoff is not None and handoff.urgent and standing.cleared_at is not None and at <= standing.cleared_at:
        raise OwnerChanged  # or the clearing of what came before would unlatch this too
    match standing.owner:
        case Owner.PERSON:
            return _said_to_a_person(standing, action, at)
        case _ if action.kind is Kind.RELAYED:
            raise OwnerChanged
        case Owner.QUEUED:
            return _said_in_the_queue(standing, handoff, at)
        case Owner.BOT | Owner.CLOSED:
            if handoff is None:
                owned = standing if standing.owner is Owner.BOT else replace(standing, owner=Owner.BOT, since=at)
                return Step(standing=owned)
            queued = Standing(owner=Owner.QUEUED, since=at, handoff=handoff, cleared_at=standing.cleared_at)
            return Step(standing=queued, alert="start")
        case _:
            assert_never(standing.owner)


def _said_to_a_person(standing: Standing, action: TurnSaid, at: datetime) -> Step:
    if action.kind is not Kind.RELAYED and (action.kind not in DANGER or action.answers):
        raise OwnerChanged
    if action.handoff is None:
        return Step(standing=standing, alert="later", why="unanswered")
    raised = replace(standing, handoff=graver_handoff(action.handoff, standing.handoff), raised_at=at)
    return Step(standing=raised, alert="start", why="raised")


def _said_in_the_queue(standing: Standing, handoff: Handoff | None, at: datetime) -> Step:
    if handoff is None or gravity(handoff) >= gravity(standing.handoff):
        return Step(standing=standing)
    if not handoff.urgent:  # the first case of a conversation that a responder put into the queue
        return Step(standing=replace(standing, handoff=handoff))
    # What was sent to the team, and seen, was something else: the visitor is told again when this is.
    raised = replace(standing, handoff=handoff, raised_at=at, told_at=None, seen_at=None)
    return Step(standing=raised, alert="start", why="raised")


def _told(standing: Standing, at: datetime) -> Step:
    if standing.owner is not Owner.QUEUED or standing.told_at is not None:
        return Step(standing=standing)
    return Step(standing=replace(standing, told_at=at), facts=((Happened.SENT, ""),))


def _seen(standing: Standing, at: datetime) -> Step:
    if standing.owner is not Owner.QUEUED or standing.seen_at is not None:
        return Step(standing=standing)
    return Step(standing=replace(standing, seen_at=at, raised_at=None), facts=((Happened.SEEN, ""),))


def _claimed(standing: Standing, by: Responder, at: datetime) -> Step:
    has_it = standing.responder if standing.owner is Owner.PERSON else None
    if has_it is not None and has_it.id != by.id:
        raise TakenByAnother(has_it.name)
    return _taken(standing, by, at)


def _handed_on(standing: Standing, action: Transferred | Requeued | Spoke | Released | Cleared, at: datetime) -> Step:
    if standing.owner is Owner.PERSON or not isinstance(action, Cleared):
        _must_own(standing, action.by)
    match action:
        case Transferred(to=to):
            step = _taken(standing, to, at)
            # Nobody may be left with somebody who does not know of it: alerts go on until the new owner reacts.
            return replace(step, standing=replace(step.standing, raised_at=at), alert="start", why="raised")
        case Requeued():
            queued = replace(
                standing, owner=Owner.QUEUED, since=at, responder=None, raised_at=None, seen_at=None, told_at=None
            )
            return Step(standing=queued, facts=((Happened.WAITING, ""),), alert="start")
        case Spoke():
            if standing.raised_at is not None and timedelta(0) < at - standing.raised_at < CROSSED_WITHIN:
                return Step(standing=standing)
            return Step(standing=replace(standing, raised_at=None), alert="stop")
        case Released(clear=clear):
            _must_have_reacted(standing)
            freed = Standing(owner=Owner.BOT, since=at, cleared_at=at if clear else standing.cleared_at)
            return Step(standing=freed, facts=((Happened.BACK, ""),), alert="stop")
        case Cleared():
            return Step(standing=replace(standing, cleared_at=at))
        case _:
            assert_never(action)


def _taken(standing: Standing, by: Responder, at: datetime) -> Step:
    # Who takes a conversation and then says nothing has not helped: a claim puts the alerts off, and a reply ends them.
    if standing.owner is Owner.PERSON and standing.responder is not None and standing.responder.id == by.id:
        again = replace(standing, raised_at=None)  # clicked twice, or sent again, or a reaction to what was raised
        return Step(standing=again, alert="put_off", why="unanswered")
    taken = replace(standing, owner=Owner.PERSON, since=at, responder=by, raised_at=None, seen_at=standing.seen_at or at)
    return Step(standing=taken, facts=((Happened.HERE, by.name),), alert="put_off", why="unanswered")


def _closed(standing: Standing, action: Closed, at: datetime) -> Step:
    if standing.owner is Owner.PERSON:
        _must_own(standing, action.by)
    elif standing.owner is not Owner.QUEUED:
        raise NothingWaits
    _must_have_reacted(standing)
    clears = action.clear or action.verdict in {"false_alarm", "test"}
    ended = Standing(owner=Owner.CLOSED, since=at, cleared_at=at if clears else standing.cleared_at)
    return Step(standing=ended, facts=((Happened.CLOSED, ""),), alert="stop")


def _must_own(standing: Standing, by: Responder) -> None:
    if standing.owner is not Owner.PERSON:
        raise NotYours
    if standing.responder is None or standing.responder.id != by.id:
        raise TakenByAnother(standing.responder.name if standing.responder else "Somebody")


def _must_have_reacted(standing: Standing) -> None:
    if standing.raised_at is not None:
        raise NotReactedTo
