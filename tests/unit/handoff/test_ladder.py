"""When the team is told again."""

from datetime import timedelta
from itertools import pairwise

import pytest

from bot.handoff import Ladder, Ladders
from bot.model import ConversationId, Handoff, Kind, Severity
from tests.conftest import NOON

HOW = 'Write minutes that rise, then how often to repeat: "0 2 5 10 \\+10".'


def a_handoff(severity: Severity | None, *, urgent: bool = True) -> Handoff:
    """A case of some severity."""
    kind = Kind.CRISIS if urgent else Kind.HUMAN
    return Handoff(conversation_id=ConversationId("c"), kind=kind, opened_at=NOON, urgent=urgent, severity=severity)


def minutes(ladder: Ladder, steps: int) -> list[float]:
    """When the first steps are due."""
    return [ladder.due_after(step) / timedelta(minutes=1) for step in range(steps)]


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("0 2 5 10 +10", [0, 2, 5, 10, 20, 30, 40]),
        ("0 60 +240", [0, 60, 300, 540]),
        ("  0.5\t+1 ", [0.5, 1.5, 2.5]),
        ("0 +10080", [0, 10080]),
        ("10080 +1", [10080, 10081]),
        ("3 +1", [3, 4, 5]),
    ],
)
def test_a_ladder_is_read_and_never_ends(text: str, due: list[float]) -> None:
    """The steps come at their minutes, and after the last one it goes on at the same distance."""
    assert minutes(Ladder.read(text), len(due)) == due


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+10",
        "0",
        "0 2 5",
        "0 2 5 +",
        "0 5 2 +10",
        "0 0 +10",
        "-1 +10",
        "0 +0",
        "0 +-5",
        "0 +10081",
        "10081 +1",
        "soon +10",
        "0 +often",
        "0, 2 +10",
        "0 +10 5",
        "nan +10",
        "0 nan +10",
        "0 +nan",
        "inf +10",
        "1e300 +10",
        "0 +inf",
        "0 +1e-9",
    ],
)
def test_what_is_no_ladder_is_refused_with_the_way_to_write_one(text: str) -> None:
    """Neither words, nor steps that fall, nor a repetition that never comes or never rests are taken."""
    with pytest.raises(ValueError, match=HOW):
        Ladder.read(text)


def test_steps_rise_for_ever() -> None:
    """No step is due before the one that comes first, however long nobody reacts."""
    due = minutes(Ladder.read("0 2 5 10 +10"), 5_000)
    assert all(one < two for one, two in pairwise(due))


@pytest.mark.parametrize(
    ("handoff", "field"),
    [
        (None, "ordinary"),
        (a_handoff(None, urgent=False), "ordinary"),
        (a_handoff("high", urgent=False), "ordinary"),
        (a_handoff("imminent"), "imminent"),
        (a_handoff("high"), "high"),
        (a_handoff("moderate"), "moderate"),
        (a_handoff(None), "high"),
    ],
)
def test_each_severity_has_its_ladder(handoff: Handoff | None, field: str) -> None:
    """Danger of unknown severity is alerted as high; what is no danger, whatever its severity, as ordinary."""
    names = ("imminent", "high", "moderate", "ordinary")
    ladders = Ladders(**{name: Ladder.read(f"{n} +1") for n, name in enumerate(names)})
    assert ladders.of(handoff) == getattr(ladders, field)


@pytest.mark.parametrize("severity", ["imminent", "high", "moderate"])
def test_danger_is_told_of_at_once_when_nothing_is_set(severity: Severity) -> None:
    """At once, after 2, 5 and 10 minutes, then every 10, whatever the severity; a wish for a person at once too."""
    assert minutes(Ladders().of(a_handoff(severity)), 6) == [0, 2, 5, 10, 20, 30]
    assert minutes(Ladders().of(None), 3) == [0, 60, 300]
