"""What stands on the desk's pages, as plain values for the templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.web.desk import words
from adapters.web.desk.parts import Parts
from bot.model import Case, Entry, Fact, Owner, PersonSaid, ResponderId, Turn

LONG_CHARS = 220  # from which a text of the assistant is folded up: responders read what the visitor wrote


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time, as it is shown and as desk.js counts from it."""

    iso: str
    clock: str
    ago: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Where the visitor is."""

    state: str  # "here", "typing", "left" or "away", for the style
    said: str
    short: str  # in the queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One conversation in the queue."""

    id: str
    owner: str  # "waiting", "mine" or "others"
    gravity: str
    subject: str
    more: str
    since: Moment
    language: str
    country: str
    visitor: Visitor
    who: str
    is_raised: bool  # danger that the person who has it has not reacted to


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing said, or one fact."""

    who: str  # "visitor", "bot", "person" or "fact"
    name: str
    text: str
    is_long: bool = False
    note: str = ""  # what triage made of it
    gravity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One entry of a conversation."""

    n: int
    at: Moment
    lines: tuple[Line, ...]
    mark: str = ""  # whether a reply arrived
    mark_kind: str = ""


def moment(parts: Parts, at: datetime) -> Moment:
    """Return a time as it is shown."""
    now = parts.clock.now()
    return Moment(iso=at.isoformat(), clock=words.clock_time(at, now, parts.zone), ago=words.ago(at, now))


def row_of(parts: Parts, case: Case, me: ResponderId) -> Row:
    """Return a case as it stands in the queue: nothing of what was said, since a look at that is audited."""
    standing, conversation = case.standing, case.conversation
    subject, more = words.subject_of(standing.handoff)
    has_it = standing.responder if standing.owner is Owner.PERSON else None
    return Row(
        id=conversation.id,
        owner="waiting" if has_it is None else "mine" if has_it.id == me else "others",
        gravity=words.gravity_of(standing.handoff),
        subject=subject,
        more=more,
        since=moment(parts, standing.since or conversation.started_at),
        language=words.language_of(conversation.locale),
        country=words.country_of(conversation.country),
        visitor=visitor_of(parts, case),
        who="" if has_it is None else "You" if has_it.id == me else has_it.name,
        is_raised=standing.raised_at is not None,
    )


def visitor_of(parts: Parts, case: Case) -> Visitor:
    """Return where the visitor is, as far as their page tells."""
    here = parts.presence.visitor(case.conversation.id)
    if here.is_typing:
        return Visitor(state="typing", said="The visitor is typing…", short="typing…")
    if here.is_here:
        return Visitor(state="here", said="The visitor is here", short="here")
    if here.left_at is not None:
        at = moment(parts, here.left_at).clock
        return Visitor(state="left", said=f"The visitor left at {at}", short=f"left at {at}")
    return Visitor(state="away", said="The visitor's page is not open", short="page not open")


def shown(parts: Parts, case: Case, entries: Sequence[Entry]) -> list[Shown]:
    """Return the entries of a conversation."""
    left = visitor_of(parts, case).state in {"left", "away"}
    return [_shown(parts, entry, case.delivered_n, is_away=left) for entry in entries]


def _shown(parts: Parts, entry: Entry, delivered_n: int, *, is_away: bool) -> Shown:
    at = moment(parts, entry.at)
    match entry:
        case Turn():
            return Shown(n=entry.n, at=at, lines=_turn(entry))
        case Fact():
            line = Line(who="fact", name="", text=words.fact_in_words(entry.what, entry.name))
            return Shown(n=entry.n, at=at, lines=(line,))
        case PersonSaid():
            kind = "delivered" if entry.n <= delivered_n else "kept" if is_away else "sent"
            mark = {
                "delivered": "Delivered",
                "kept": "Not delivered: the visitor's page is closed. It is kept, and shown when they come back.",
                "sent": "Not delivered yet",
            }[kind]
            line = Line(who="person", name=entry.name, text=entry.text)
            return Shown(n=entry.n, at=at, lines=(line,), mark=mark, mark_kind=kind)


def _turn(turn: Turn) -> tuple[Line, ...]:
    severity = f", {words.SEVERITIES[turn.severity]}" if turn.severity else ""
    is_grave = turn.severity is not None or turn.kind in {"crisis", "emergency"}
    visitor = Line(
        who="visitor",
        name="Visitor",
        text=turn.visitor_text,
        note=words.KINDS[turn.kind] + severity if turn.kind not in {"relayed", "smalltalk"} else "",
        gravity=(turn.severity or "high") if is_grave else "",
    )
    if not turn.reply.text:
        return (visitor,)
    text = turn.reply.text
    return visitor, Line(who="bot", name="Assistant", text=text, is_long=len(text) > LONG_CHARS)
