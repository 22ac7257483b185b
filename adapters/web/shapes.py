"""The entries of a conversation as the JSON that the web gives out."""

from typing import Any, assert_never

from bot.model import Entry, Fact, Happened, PersonSaid, Turn
from bot.turns import as_json, help_as_json

_RECEIPTS = frozenset({Happened.SENT, Happened.SEEN})  # of a handoff; the other facts say who is there


def turn_as_json(turn: Turn) -> dict[str, Any]:
    """Return a turn: the fields of ``ask --jsonl`` and what a page needs besides."""
    return {
        "id": turn.message_id,  # as ``ask --jsonl`` gives back the id of its line
        **as_json(turn),
        "message_id": turn.message_id,
        "n": turn.n,
        "help": [help_as_json(line) for line in turn.reply.help],
        "receipt": {"recorded": turn.n > 0, "at": turn.at.isoformat()},
    }


def as_event(entry: Entry) -> tuple[str, dict[str, Any]]:
    """Return the name of an event, and its data."""
    match entry:
        case Turn():
            return "turn", turn_as_json(entry)
        case PersonSaid():
            said = {"message_id": entry.message_id, "name": entry.name, "text": entry.text}
            return "turn", {"n": entry.n, "author": "person", **said, "at": entry.at.isoformat()}
        case Fact():
            name = "receipt" if entry.what in _RECEIPTS else "presence"
            return name, {"n": entry.n, "state": entry.what.value, "name": entry.name or None, "at": entry.at.isoformat()}
        case _:
            assert_never(entry)


def as_said(entries: list[Entry]) -> list[dict[str, Any]]:
    """Return what was said, in order, without facts."""
    said = []
    for entry in entries:
        at = entry.at.isoformat()
        if isinstance(entry, Turn):
            said.append({"n": entry.n, "author": "visitor", "text": entry.visitor_text, "at": at})
            if entry.reply.text:
                said.append({"n": entry.n, "author": "bot", "text": entry.reply.text, "at": at})
        elif isinstance(entry, PersonSaid):
            said.append({"n": entry.n, "author": "person", "name": entry.name, "text": entry.text, "at": at})
    return said
