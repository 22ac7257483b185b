"""Tells the team that somebody needs a person, through whatever Apprise can reach, until one of them takes it."""

from adapters.alerts.channels import AppriseChannel, Channel, open_channels
from adapters.alerts.ladder import LadderWorker
from adapters.alerts.notice import Notice
from adapters.alerts.switchboard import Outcome
from adapters.alerts.team import AlertedTeam
from adapters.alerts.trial import Tried, send_test, try_channels
from bot.settings import Settings

__all__ = [
    "AlertedTeam",
    "AppriseChannel",
    "Channel",
    "LadderWorker",
    "Notice",
    "Outcome",
    "Tried",
    "make_alerts",
    "send_test",
    "try_channels",
]


def make_alerts(settings: Settings) -> tuple[tuple[AppriseChannel, ...], tuple[str, ...]]:
    """Return the channels that are set, and a sentence for each that can't be used, to be said at the start."""
    return open_channels(settings.alert_urls)
