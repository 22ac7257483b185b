"""Starting a conversation and saying something in it."""

import asyncio
import uuid

import pytest

from bot.turns import as_json
from tests.conftest import a_turn
from tests.web.sites import Visitor

ABOVE_JSONL = {"id", "message_id", "n", "help", "receipt"}


async def test_a_conversation_starts_with_an_id_a_token_and_a_greeting(visitor: Visitor) -> None:
    """Starting gives 201 and just the three fields of the contract."""
    got = await visitor.call("POST", "/api/v1/conversations", {"locale": "en", "country": "gb", "page": "/help"})

    assert got.status == 201
    assert set(got.json) == {"id", "token", "greeting"}
    assert got.json["greeting"].startswith("Hello. I am an automated assistant.")


async def test_nothing_need_be_given_to_start(visitor: Visitor) -> None:
    """A start without a body is a start."""
    assert (await visitor.call("POST", "/api/v1/conversations")).status == 201


async def test_every_conversation_has_its_own_id_and_token(visitor: Visitor, stranger: Visitor) -> None:
    """Two conversations share neither id nor token, and neither can be guessed."""
    assert visitor.id != stranger.id
    assert visitor.token != stranger.token
    assert min(len(visitor.id), len(visitor.token)) >= 22


async def test_a_turn_has_the_fields_of_a_line_of_jsonl_and_five_more(visitor: Visitor) -> None:
    """The turn over HTTP is the line of ``ask --jsonl`` with ``message_id``, ``n``, ``help`` and ``receipt``."""
    assert set(await visitor.say("is it legal")) == set(as_json(a_turn())) | ABOVE_JSONL


async def test_a_question_gets_its_vetted_answer(visitor: Visitor) -> None:
    """An answer names itself, its sources and the date on which it was checked."""
    turn = await visitor.say("is it approved by the fda")

    assert (turn["kind"], turn["answer_ids"]) == ("answer", ["is-it-approved"])
    assert turn["sources"]
    assert "24 November 2026" in turn["text"]


async def test_the_id_of_a_turn_is_the_message_id(visitor: Visitor) -> None:
    """``id`` and ``message_id`` are what the client chose, in lower case with hyphens."""
    chosen = uuid.uuid4()
    turn = await visitor.say("hello", str(chosen).upper())

    assert turn["id"] == turn["message_id"] == str(chosen)


async def test_turns_are_numbered_from_one(visitor: Visitor) -> None:
    """``n`` counts the turns of a conversation, and the receipt says that each was recorded."""
    turns = [await visitor.say(text) for text in ("hello", "is it legal", "thanks")]

    assert [turn["n"] for turn in turns] == [1, 2, 3]
    assert all(turn["receipt"] == {"recorded": True, "at": "2026-11-24T12:00:00+00:00"} for turn in turns)


async def test_a_message_sent_again_gives_the_first_turn_again(visitor: Visitor) -> None:
    """The same message id is one turn, even with other words."""
    first = await visitor.say("is it legal", "00000000-0000-4000-8000-000000000001")
    again = await visitor.say("something else", "00000000-0000-4000-8000-000000000001")

    assert again == first
    assert len((await visitor.get("transcript")).json["turns"]) == 2


async def test_a_message_sent_twenty_times_at_once_is_one_turn(visitor: Visitor) -> None:
    """Copies that arrive together all get the one turn, and it is recorded and counted once."""
    message_id = str(uuid.uuid4())
    turns = await asyncio.gather(*(visitor.say("is it legal", message_id) for _ in range(20)))

    assert all(turn == turns[0] for turn in turns)
    assert len((await visitor.get("transcript")).json["turns"]) == 2
    assert 'handrail_turns_total{kind="answer"} 1.0' in (await visitor.call("GET", "/metrics")).text


async def test_messages_sent_together_become_turns_one_after_the_other(visitor: Visitor) -> None:
    """Ten messages at once get ten numbers, each once."""
    turns = await asyncio.gather(*(visitor.say("is it legal") for _ in range(10)))

    assert sorted(turn["n"] for turn in turns) == list(range(1, 11))


async def test_the_same_message_id_in_two_conversations_is_two_turns(visitor: Visitor, stranger: Visitor) -> None:
    """A message id counts within its conversation only."""
    message_id = str(uuid.uuid4())
    one, other = await visitor.say("is it legal", message_id), await stranger.say("hello", message_id)

    assert (one["kind"], other["kind"]) == ("answer", "smalltalk")


async def test_danger_gets_numbers_as_fields_too(visitor: Visitor) -> None:
    """A crisis turn is latched, opens a handoff, and lists each service with the date on which its number was checked."""
    turn = await visitor.say("I want to kill myself")

    assert (turn["kind"], turn["handoff"], turn["latched"]) == ("crisis", "opened", True)
    assert turn["help"][0]["call"] == "988"
    assert set(turn["help"][0]) == {"name", "call", "text", "chat", "hours", "what", "checked"}


async def test_the_country_given_at_the_start_decides_on_the_numbers(visitor: Visitor) -> None:
    """A visitor in Britain is shown British numbers, though the site is American."""
    turn = await (await visitor.arrive(country="gb")).say("I want to kill myself")

    assert "999" in {line["call"] for line in turn["help"]}
    assert "988" not in {line["call"] for line in turn["help"]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "?",
        "\U0001f622",
        "\x00",
        "\u202eabc\u200b",
        "<b>x</b>",
        '{"a": 1}',
        "'; DROP TABLE turns; --",
        "word " * 10_000,
    ],
    ids=["empty", "blank", "mark", "emoji", "null", "bidi", "html", "json", "sql", "long"],
)
async def test_whatever_is_typed_gets_a_plain_reply(visitor: Visitor, text: str) -> None:
    """Odd input is a turn like any other, never an error, and the next message works."""
    assert (await visitor.say(text))["text"]
    assert (await visitor.say("is it legal"))["kind"] == "answer"


async def test_a_megabyte_of_text_gets_a_plain_reply(visitor: Visitor) -> None:
    """A pasted book is answered with a request for a shorter question, and the numbers stay in view."""
    turn = await visitor.say("lorem ipsum dolor " * 56_000)

    assert turn["kind"] == "abstain"
    assert "very long message" in turn["text"]


async def test_danger_at_the_end_of_a_megabyte_is_seen(visitor: Visitor) -> None:
    """However much stands before it, what is said last is read."""
    assert (await visitor.say("lorem ipsum dolor " * 56_000 + ". I want to kill myself"))["kind"] == "crisis"
