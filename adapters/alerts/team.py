"""Whether the team can be reached, as far as its settings tell."""

from collections.abc import Callable
from datetime import datetime

from bot.hours import Hours
from bot.ports import Reach


class AlertedTeam:
    """``Team``: people who are told through channels, and who are there by opening hours."""

    def __init__(self, hours: Hours | None, can_be_told: Callable[[], bool]) -> None:
        """Take the hours, or none, and a question that is asked each time: whether any way to tell the team is set."""
        self._hours = hours
        self._can_be_told = can_be_told

    def reach(self, at: datetime) -> Reach:
        """Return whether somebody can be told, whether they are there, and otherwise when they are back."""
        if self._hours is None or self._hours.is_open(at):
            return Reach(can_be_told=self._can_be_told())
        return Reach(can_be_told=self._can_be_told(), is_open=False, back_at=self._hours.next_open(at))
