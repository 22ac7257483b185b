"""When a ladder goes on."""

from datetime import timedelta

import pytest

from adapters.alerts.schedule import LEAST_GAP, after_delivery, after_failure, step_now
from bot.handoff import Ladder
from bot.model import Alert, Kind, Owner, Standing
from tests.alerts.conftest import HERE, a_case
from tests.conftest import NOON

LADDER = Ladder.read("0 2 5 10 +10")


def an_alert(kind: Kind = Kind.CRISIS, step: int = 0) -> Alert:
    """A ladder that began at noon."""
    standing = Standing(owner=Owner.QUEUED, since=NOON, handoff=a_case(kind))
    return Alert(
        conversation_id=HERE,
        generation=1,
        step=step,
        due_at=NOON,
        started_at=NOON,
        why="opened",
        tries=0,
        standing=standing,
    )


@pytest.mark.parametrize(
    ("minutes", "step"),
    [(-60, 0), (0, 0), (1.9, 0), (2, 1), (5, 2), (9, 2), (10, 3), (19, 3), (20, 4), (60, 8), (14400, 1442)],
)
def test_an_urgent_ladder_is_where_its_time_says(minutes: float, step: int) -> None:
    """After an outage the step that is due now is sent, whichever was due first."""
    assert step_now(an_alert(), LADDER, NOON + timedelta(minutes=minutes)) == step


def test_every_step_is_due_when_it_says() -> None:
    """The step at a time and the time of a step agree."""
    assert [step_now(an_alert(), LADDER, NOON + LADDER.due_after(step)) for step in range(50)] == list(range(50))


def test_a_ladder_never_goes_back() -> None:
    """A clock that was set back leaves the step as it is."""
    assert step_now(an_alert(step=6), LADDER, NOON - timedelta(hours=1)) == 6


def test_an_ordinary_ladder_goes_step_by_step() -> None:
    """A night does not make it wider."""
    assert step_now(an_alert(Kind.HUMAN, step=1), LADDER, NOON + timedelta(hours=20)) == 1


def test_a_late_ordinary_step_keeps_its_distance() -> None:
    """The next one leaves as long after it as the ladder says, not at once."""
    late = NOON + timedelta(hours=20)
    onward = after_delivery(an_alert(Kind.HUMAN, step=1), Ladder.read("0 60 +240"), step=1, now=late)
    assert (onward.step, onward.due_at) == (2, late + timedelta(minutes=240))


def test_an_ordinary_step_that_always_fails_gets_wider_in_the_end() -> None:
    """Trying again does not push the next step off."""
    alert, now, step, tries = an_alert(Kind.HUMAN), NOON, 0, 0
    for _ in range(100):
        onward = after_failure(alert, Ladder.read("0 60 +240"), step=step, tries=tries, now=now, jitter=0)
        now, step, tries = onward.due_at, onward.step, onward.tries
        if step:
            break
    assert (now, step, tries) == (NOON + timedelta(minutes=60), 1, 0)


def test_a_pause_has_a_limit() -> None:
    """However often a step failed, it is tried again within 72 seconds."""
    ladder = Ladder.read("0 +10000")
    for tries in (4, 5, 1_000_000):
        onward = after_failure(an_alert(), ladder, step=0, tries=tries, now=NOON, jitter=1)
        assert onward.due_at - NOON == timedelta(seconds=72)


def test_a_ladder_of_no_time_floods_nobody() -> None:
    """Whatever is set, two steps are some seconds apart."""
    ladder = Ladder((timedelta(0),), timedelta(microseconds=1))
    onward = after_delivery(an_alert(), ladder, step=0, now=NOON)
    assert onward.due_at - NOON == LEAST_GAP
    assert step_now(an_alert(), ladder, NOON + timedelta(days=1)) > 0
