"""What an alert says: the least that is needed to act. It is read by staff, in English."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import uuid4
from zoneinfo import ZoneInfo

from bot.handoff.ownership import UNANSWERED_AFTER
from bot.model import Alert, ConversationId, Handoff, Kind, Owner, Turn

MAX_QUOTED_CHARS = 500
_DANGER = {"": "danger to self", "harm_others": "danger to others", "abuse": "abuse"}  # by variant, about the writer
_ABOUT = {"self": "the writer", "other": "somebody else", "staff": "a case that staff relay"}
_ORDINARY = {
    Kind.HUMAN: "somebody asks for a person",
    Kind.MEDICAL_ADVICE: "a medical question of their own",
    Kind.ABSTAIN: "a question without an answer",
    Kind.DISTRESS: "distress",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to tell the team."""

    title: str
    body: str  # plain text
    thread: str  # the same for all steps of a ladder
    key: str  # the same each time that a step is sent again, so that a receiver can tell a repetition
    urgent: bool = False
    about: ConversationId | None = None
    step: int = 0  # of the ladder
    why: str = "opened"  # for which the ladder runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a notice may tell besides the alert itself."""

    base_url: str  # where the desk is
    zone: ZoneInfo
    turn: Turn | None = None  # the message it is about, where the store could be asked
    may_quote: bool = False
    failing: Mapping[str, datetime]  # channels that did not work last time, by name, each with since when


def alert_notice(alert: Alert, *, step: int, now: datetime, context: Context) -> Notice:
    """Say that somebody waits, for one step of a ladder."""
    handoff = alert.standing.handoff
    what = _what(handoff, context.turn)
    since = _since(alert)
    is_urgent = handoff is not None and handoff.urgent
    lines = [
        f"{what[0].upper()}{what[1:]}.",
        f"{context.base_url}/desk/conversations/{alert.conversation_id}",
        f"Since {_clock(since, context.zone)}. {_why(alert)}",
        f"Step {step + 1} of the ladder. It goes on until somebody replies or closes the conversation.",
        *(f"The channel {name} failed at {_clock(at, context.zone)}." for name, at in context.failing.items()),
    ]
    if context.may_quote and context.turn is not None:
        lines += ["", f"They wrote: {_cut(context.turn.visitor_text)}"]
    thread = _digest(alert.conversation_id, str(alert.generation), alert.started_at.isoformat())
    return Notice(
        title=f"{'URGENT' if is_urgent else 'Handrail'}: {what}, {_waiting(now - since)}",
        body="\n".join(lines),
        thread=thread,
        key=f"{thread}-{step}",
        urgent=is_urgent,
        about=alert.conversation_id,
        step=step,
        why=alert.why,
    )


def failure_notice(channel: str, since: datetime, error: str, zone: ZoneInfo) -> Notice:
    """Say that a channel does not work, for the next one that does."""
    thread = _digest("failed", channel, since.isoformat())
    return Notice(
        title=f"Handrail: the alert channel {channel} failed",
        body=(
            f"The channel {channel} failed at {_clock(since, zone)} ({error}). This was sent through another one.\n"
            "Whoever runs Handrail should look at HANDRAIL_ALERT_URLS: python run_bot.py alerts test"
        ),
        thread=thread,
        key=f"{thread}-0",
    )


def trial_notice(channel: str, step: int) -> Notice:
    """Say that this is a test, and nothing else."""
    thread = uuid4().hex
    return Notice(
        title="TEST of Handrail's alerts: nobody waits",
        body=f"This is a test of the channel {channel}, step {step + 1} of the ladder. There is nothing to do.",
        thread=thread,
        key=f"{thread}-{step}",
    )


def _what(handoff: Handoff | None, turn: Turn | None) -> str:
    if handoff is None:
        return "a visitor waits"
    about = _ABOUT[handoff.about]
    match handoff.kind:
        case Kind.EMERGENCY:
            what = f"medical emergency of {about}"
        case Kind.CRISIS if handoff.about == "self" and turn is not None and turn.message_id in handoff.message_ids:
            what = _DANGER.get(turn.variant, f"danger, about {about}")
        case Kind.CRISIS:
            # Which danger it is stands in the message's turn. Where that can't be read, nothing is claimed about it.
            what = f"danger, about {about}"
        case kind:
            what = _ORDINARY.get(kind, kind.value.replace("_", " "))
    return f"{what}, {handoff.severity}" if handoff.severity else what


def _why(alert: Alert) -> str:
    if alert.standing.owner is not Owner.PERSON:
        return "It became graver while it waited." if alert.why == "raised" else "Nobody has claimed it."
    if alert.why == "unanswered":
        return "A person has it, and the visitor has had no answer since."
    return "A person has it who has not reacted to this yet."


def _since(alert: Alert) -> datetime:
    """Return since when somebody waits, which is before the ladder began where it began anew, or late."""
    standing = alert.standing
    if standing.owner is not Owner.PERSON:
        return standing.since or alert.started_at
    if alert.why == "unanswered":
        return alert.started_at - UNANSWERED_AFTER
    return standing.raised_at or alert.started_at


def _clock(at: datetime, zone: ZoneInfo) -> str:
    here = at.astimezone(zone)
    utc = at.astimezone(UTC)
    if here.utcoffset() == utc.utcoffset():
        return f"{utc:%Y-%m-%d %H:%M} UTC"
    return f"{utc:%Y-%m-%d %H:%M} UTC ({here:%a %H:%M} {zone.key})"


def _waiting(waited: timedelta) -> str:
    minutes = int(waited / timedelta(minutes=1))
    if minutes < 1:
        return "just now"
    if minutes < 120:
        return f"waiting {minutes} min"
    return f"waiting {minutes // 60} h" if minutes < 48 * 60 else f"waiting {minutes // (24 * 60)} days"


def _cut(text: str) -> str:
    return text if len(text) <= MAX_QUOTED_CHARS else f"{text[:MAX_QUOTED_CHARS]} […]"


def _digest(*parts: str) -> str:
    """Return what stands for a ladder outside: unique over restarts and databases, and nothing can be read from it."""
    return sha256("\n".join(parts).encode()).hexdigest()[:32]
