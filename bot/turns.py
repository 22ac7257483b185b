"""A turn as the JSON that every interface gives out."""

from typing import Any

from bot.model import HelpLine, SourceNote, Turn


def as_json(turn: Turn) -> dict[str, Any]:
    """Return a turn as ``ask --jsonl`` writes it, without its id."""
    return {
        "kind": turn.kind.value,
        "answer_ids": list(turn.answer_ids),
        "text": turn.reply.text,
        "score": turn.score,
        "handoff": turn.handoff,
        "latched": turn.latched,
        "choices": [{"id": choice.id, "label": choice.label} for choice in turn.reply.choices],
        "sources": [_source(source) for source in turn.reply.sources],
        "ms": turn.ms,
    }


def help_as_json(line: HelpLine) -> dict[str, Any]:
    """Return a help line as JSON; a way that it does not have is null."""
    return {
        "name": line.name,
        "call": line.call,
        "text": line.text,
        "chat": line.chat,
        "hours": line.hours,
        "what": line.what,
        "checked": line.checked.isoformat(),
    }


def _source(source: SourceNote) -> dict[str, Any]:
    return {
        "id": source.id,
        "title": source.title,
        "by": source.by,
        "date": source.date,
        "sections": list(source.sections),
    }
