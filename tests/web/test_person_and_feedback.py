"""Asking for a person by a button, and saying whether a reply helped."""

import uuid

import pytest

from tests.web.sites import Visitor


async def test_a_person_is_asked_for_as_by_typing(visitor: Visitor) -> None:
    """The call gives a turn of kind ``human`` that opens a handoff, and stands in the transcript."""
    turn = (await visitor.post("handoff", {})).json

    assert (turn["kind"], turn["handoff"], turn["n"]) == ("human", "opened", 1)
    assert (await visitor.get("transcript")).json["turns"][0]["text"] == "I would like to talk to a person, please."


async def test_asking_for_a_person_twice_under_one_id_is_one_turn(visitor: Visitor) -> None:
    """A repeated press of the button with the same message id gives the first turn again."""
    body = {"message_id": str(uuid.uuid4())}

    assert (await visitor.post("handoff", body)).json == (await visitor.post("handoff", body)).json


async def test_feedback_is_counted_by_answer(visitor: Visitor) -> None:
    """A thumb with its reason ends in the counters, under the answer and nothing else."""
    await visitor.say("is it approved by the fda")
    got = await visitor.post("feedback", {"n": 1, "verdict": "down", "reason": "outdated"})
    counted = (await visitor.call("GET", "/metrics")).text

    assert (got.status, got.json) == (200, {"n": 1, "verdict": "down"})
    assert 'handrail_feedback_total{answer="is-it-approved",reason="outdated",verdict="down"} 1.0' in counted


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"n": 2, "verdict": "up"}, "n: there is no turn 2"),
        ({"n": 0, "verdict": "up"}, "n: "),
        ({"n": 1, "verdict": "maybe"}, "verdict: "),
        ({"n": 1, "verdict": "down", "reason": "because"}, "reason: "),
        ({}, "n: Field required"),
    ],
)
async def test_feedback_that_makes_no_sense_is_refused(visitor: Visitor, body: dict[str, object], named: str) -> None:
    """Feedback on a turn that is not there, or with another word, names the field that is wrong."""
    await visitor.say("hello")
    got = await visitor.post("feedback", body)

    assert got.status == 422
    assert named in got.json["detail"]
