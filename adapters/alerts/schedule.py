"""When a ladder goes on: after a delivery, after a failure, after the process was away; all pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.handoff import Ladder
from bot.hours import Hours
from bot.model import Alert

FIRST_RETRY_S = 5.0
LAST_RETRY_S = 60.0
JITTER = 0.2
LEAST_GAP = timedelta(seconds=5)  # a ladder set to seconds, or a clock that was set forward, must not flood anybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """With which step a ladder goes on, how often that was tried before, and when."""

    step: int
    tries: int
    due_at: datetime


def is_urgent(alert: Alert) -> bool:
    """Whether somebody may be in danger; hours do not hold such an alert back."""
    return alert.standing.handoff is not None and alert.standing.handoff.urgent


def step_now(alert: Alert, ladder: Ladder, now: datetime) -> int:
    """Return which step to send: after an outage the one that an urgent ladder would be at, and only that one.

    An ordinary ladder goes on step by step: a night out of hours is no reason to tell everybody at nine.
    """
    if not is_urgent(alert):
        return alert.step
    elapsed = now - alert.started_at
    if elapsed >= ladder.steps[-1]:
        past = (elapsed - ladder.steps[-1]) // max(ladder.every, LEAST_GAP)
        return max(alert.step, len(ladder.steps) - 1 + past)
    return max(alert.step, sum(1 for each in ladder.steps if each <= elapsed) - 1)


def after_delivery(alert: Alert, ladder: Ladder, *, step: int, now: datetime) -> Onward:
    """Return the next step, at its time of the ladder; an ordinary one that was late keeps its distance instead."""
    gap = LEAST_GAP if is_urgent(alert) else ladder.due_after(step + 1) - ladder.due_after(step)
    return Onward(step=step + 1, tries=0, due_at=max(alert.started_at + ladder.due_after(step + 1), now + gap))


def after_failure(alert: Alert, ladder: Ladder, *, step: int, tries: int, now: datetime, jitter: float) -> Onward:
    """Return the same step again after a while, or the next one where that is due first.

    The while is spread by ``jitter``, from -1 to 1, so that many alerts do not all come back at once.
    """
    pause_s = min(LAST_RETRY_S, FIRST_RETRY_S * 2 ** min(tries, 10)) * (1 + JITTER * jitter)
    again = Onward(step=step, tries=tries + 1, due_at=now + timedelta(seconds=pause_s))
    due_at = max(alert.started_at + ladder.due_after(step + 1), now + LEAST_GAP)
    return again if again.due_at < due_at else Onward(step=step + 1, tries=0, due_at=due_at)


def when_allowed(onward: Onward, hours: Hours | None, *, urgent: bool) -> Onward:
    """Put an ordinary step past the first off until the team is there; where that is never, it goes out all the same."""
    if urgent or hours is None or onward.step == 0:
        return onward
    opens = hours.next_open(onward.due_at) or onward.due_at
    return Onward(step=onward.step, tries=onward.tries, due_at=opens.astimezone(UTC))
