"""Whether the team can be reached."""

from datetime import timedelta

from adapters.alerts import AlertedTeam
from bot.hours import Hours
from bot.ports import Reach, Team
from tests.conftest import NOON

OFFICE = Hours.read("Mo-Fr 09:00-17:00; PH off", time_zone="Europe/London", country="GB")


def test_without_hours_nothing_is_said_about_them() -> None:
    """A team that set none counts as there."""
    team: Team = AlertedTeam(None, lambda: True)
    assert team.reach(NOON) == Reach()


def test_out_of_hours_it_says_when_they_are_back() -> None:
    """In the team's own zone, past the weekend."""
    reach = AlertedTeam(OFFICE, lambda: True).reach(NOON + timedelta(days=3, hours=6))
    assert (reach.is_open, reach.can_be_told) == (False, True)
    assert reach.back_at is not None
    assert reach.back_at.isoformat() == "2026-11-30T09:00:00+00:00"
    assert AlertedTeam(OFFICE, lambda: True).reach(NOON) == Reach()


def test_a_team_that_is_never_there_is_never_back() -> None:
    """No time is promised that will not come."""
    never = Hours.read("off", time_zone="UTC", country=None)
    assert AlertedTeam(never, lambda: True).reach(NOON) == Reach(is_open=False, back_at=None)


def test_whether_anybody_can_be_told_is_asked_each_time() -> None:
    """A channel that comes later, such as Slack, counts from then on."""
    ways: list[str] = []
    team = AlertedTeam(OFFICE, lambda: bool(ways))
    assert not team.reach(NOON).can_be_told
    ways.append("slack")
    assert team.reach(NOON).can_be_told
