"""The values of the core as JSON and back without loss; every store on disk writes them this way.

A field that has its usual value is left out, so a row written before a field existed reads as if it had the usual value.
Conversation and number are not in the JSON: the store has them in columns, and gives them back on reading.
"""

import functools
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, ParamSpec, TypeVar, assert_never

from bot.errors import StoreDamaged
from bot.model import (
    AnswerId,
    Choice,
    ConversationId,
    Entry,
    Fact,
    Handoff,
    Happened,
    HelpLine,
    Kind,
    MessageId,
    Owner,
    PersonSaid,
    Reply,
    Responder,
    ResponderId,
    SourceNote,
    Standing,
    Turn,
)

Form = Literal["turn", "said", "fact"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NOTHING = "{}"
Given = ParamSpec("Given")
Read = TypeVar("Read")

_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def micros(at: datetime) -> int:
    """Return a time as whole microseconds since 1970, which sort as the times do."""
    return (at - EPOCH) // MICROSECOND


def moment(at: int) -> datetime:
    """Return the time, in UTC, of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=at)


def form_of(entry: Entry) -> Form:
    """Return the word for a kind of entry."""
    match entry:
        case Turn():
            return "turn"
        case PersonSaid():
            return "said"
        case Fact():
            return "fact"
        case _:
            assert_never(entry)


def encode_entry(entry: Entry) -> str:
    """Return an entry as JSON."""
    match entry:
        case Turn():
            return _write(_turn(entry))
        case PersonSaid():
            return _write(
                {
                    "id": entry.message_id,
                    "at": entry.at.isoformat(),
                    "by": entry.responder,
                    "name": entry.name,
                    "text": entry.text,
                }
            )
        case Fact():
            return _write({"at": entry.at.isoformat(), "what": entry.what, **_given(name=entry.name)})
        case _:
            assert_never(entry)


def _or_damaged(read: Callable[Given, Read]) -> Callable[Given, Read]:
    """Raise ``StoreDamaged`` where a row does not say what was written; without the cause, which quotes it."""

    @functools.wraps(read)
    def reading(*args: Given.args, **kwargs: Given.kwargs) -> Read:
        try:
            return read(*args, **kwargs)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            raise StoreDamaged from None

    return reading


@_or_damaged
def decode_entry(form: Form, payload: str, *, conversation_id: ConversationId, n: int) -> Entry:
    """Return an entry from its JSON."""
    match form:
        case "turn":
            return decode_turn(payload, conversation_id=conversation_id, n=n)
        case "said":
            said = json.loads(payload)
            return PersonSaid(
                conversation_id=conversation_id,
                message_id=MessageId(said["id"]),
                n=n,
                at=datetime.fromisoformat(said["at"]),
                responder=ResponderId(said["by"]),
                name=said["name"],
                text=said["text"],
            )
        case "fact":
            fact = json.loads(payload)
            return Fact(
                conversation_id=conversation_id,
                n=n,
                at=datetime.fromisoformat(fact["at"]),
                what=Happened(fact["what"]),
                name=fact.get("name", ""),
            )
        case _:
            assert_never(form)


@_or_damaged
def decode_turn(payload: str, *, conversation_id: ConversationId, n: int) -> Turn:
    """Return a turn from its JSON."""
    turn = json.loads(payload)
    given = turn.get
    return Turn(
        conversation_id=conversation_id,
        message_id=MessageId(turn["id"]),
        n=n,
        at=datetime.fromisoformat(turn["at"]),
        visitor_text=turn["text"],
        kind=Kind(turn["kind"]),
        answer_ids=tuple(map(AnswerId, given("answers", ()))),
        score=turn["score"],
        handoff=given("handoff"),
        latched="latched" in turn,
        reply=_read_reply(turn["reply"]),
        ms=turn["ms"],
        concern=given("concern", 0.0),
        severity=given("severity"),
        about=given("about", "self"),
        variant=given("variant", ""),
    )


def encode_handoff(handoff: Handoff) -> str:
    """Return a handoff as JSON."""
    return _write(_handoff(handoff))


@_or_damaged
def decode_handoff(payload: str, *, conversation_id: ConversationId) -> Handoff:
    """Return a handoff from its JSON."""
    return _read_handoff(json.loads(payload), conversation_id)


def encode_standing(standing: Standing) -> str:
    """Return a standing as JSON."""
    times = {name: at.isoformat() for name in _TIMES if (at := getattr(standing, name)) is not None}
    handoff, by = standing.handoff, standing.responder
    return _write(
        {
            **({} if standing.owner is Owner.BOT else {"owner": standing.owner}),
            **times,
            **({"handoff": _handoff(handoff)} if handoff else {}),
            **({"responder": [by.id, by.name]} if by else {}),
        }
    )


@_or_damaged
def decode_standing(payload: str, *, conversation_id: ConversationId) -> Standing:
    """Return a standing from its JSON."""
    if payload == NOTHING:
        return _AT_FIRST
    found = json.loads(payload)
    times = {name: datetime.fromisoformat(found[name]) for name in _TIMES if name in found}
    handoff, by = found.get("handoff"), found.get("responder")
    return Standing(
        owner=Owner(found.get("owner", "bot")),
        handoff=_read_handoff(handoff, conversation_id) if handoff else None,
        responder=Responder(id=ResponderId(by[0]), name=by[1]) if by else None,
        **times,
    )


_TIMES = ("since", "told_at", "seen_at", "raised_at", "cleared_at")
_AT_FIRST = Standing()


def _given(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value}


def _turn(turn: Turn) -> dict[str, object]:
    found: dict[str, object] = {
        "id": turn.message_id,
        "at": turn.at.isoformat(),
        "text": turn.visitor_text,
        "kind": turn.kind,
        "score": turn.score,
        "ms": turn.ms,
        "reply": _reply(turn.reply),
    }
    found |= _given(
        answers=turn.answer_ids,
        handoff=turn.handoff,
        latched=turn.latched,
        concern=turn.concern,
        severity=turn.severity,
        variant=turn.variant,
    )
    if turn.about != "self":
        found["about"] = turn.about
    return found


def _reply(reply: Reply) -> dict[str, object]:
    found: dict[str, object] = {"text": reply.text}
    if reply.choices:
        found["choices"] = [(each.id, each.label) for each in reply.choices]
    if reply.sources:
        found["sources"] = [(each.id, each.title, each.by, each.date, each.sections) for each in reply.sources]
    if reply.help:
        found["help"] = list(map(_help_line, reply.help))
    return found


def _help_line(line: HelpLine) -> dict[str, object]:
    optional = {name: value for name in ("call", "text", "chat", "hours") if (value := getattr(line, name)) is not None}
    return {"name": line.name, "what": line.what, "for": line.for_, "checked": line.checked.isoformat(), **optional}


def _read_reply(found: dict[str, Any]) -> Reply:
    return Reply(
        text=found["text"],
        choices=tuple(Choice(id=one, label=label) for one, label in found.get("choices", ())),
        sources=tuple(
            SourceNote(id=one, title=title, by=by, date=on, sections=tuple(sections))
            for one, title, by, on, sections in found.get("sources", ())
        ),
        help=tuple(map(_read_help_line, found.get("help", ()))),
    )


def _read_help_line(found: dict[str, Any]) -> HelpLine:
    optional = {name: found[name] for name in ("call", "text", "chat", "hours") if name in found}
    on = date.fromisoformat(found["checked"])
    return HelpLine(name=found["name"], what=found["what"], for_=tuple(found["for"]), checked=on, **optional)


def _handoff(handoff: Handoff) -> dict[str, object]:
    found: dict[str, object] = {"kind": handoff.kind, "at": handoff.opened_at.isoformat(), "urgent": handoff.urgent}
    found |= _given(severity=handoff.severity, messages=handoff.message_ids)
    if handoff.about != "self":
        found["about"] = handoff.about
    return found


def _read_handoff(found: dict[str, Any], conversation_id: ConversationId) -> Handoff:
    return Handoff(
        conversation_id=conversation_id,
        kind=Kind(found["kind"]),
        opened_at=datetime.fromisoformat(found["at"]),
        urgent=found["urgent"],
        severity=found.get("severity"),
        about=found.get("about", "self"),
        message_ids=tuple(map(MessageId, found.get("messages", ()))),
    )
