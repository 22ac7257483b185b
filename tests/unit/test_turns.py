"""A turn as JSON."""

import json
from dataclasses import replace

from bot.model import AnswerId, Choice, Kind, Reply, SourceNote
from bot.turns import as_json
from tests.conftest import a_turn


def test_a_turn_has_the_fields_of_the_contract() -> None:
    """The names and their order are those of ``ask --jsonl``; nothing of a person is in it."""
    assert list(as_json(a_turn())) == [
        "kind",
        "answer_ids",
        "text",
        "score",
        "handoff",
        "latched",
        "choices",
        "sources",
        "ms",
    ]


def test_a_turn_survives_json() -> None:
    """What comes out is plain JSON, choices and sources included."""
    source = SourceNote(id="s", title="T", by="B", date="2026", sections=("One",))
    reply = Reply(text="hi", choices=(Choice(id="a", label="A?"),), sources=(source,))
    turn = replace(a_turn(kind=Kind.ANSWER), answer_ids=(AnswerId("a"),), reply=reply)
    again = json.loads(json.dumps(as_json(turn)))
    assert again["answer_ids"] == ["a"]
    assert again["choices"] == [{"id": "a", "label": "A?"}]
    assert again["sources"] == [{"id": "s", "title": "T", "by": "B", "date": "2026", "sections": ["One"]}]


def test_what_the_visitor_typed_is_not_repeated() -> None:
    """A reply does not carry the question back."""
    assert "a question" not in json.dumps(as_json(a_turn()))
