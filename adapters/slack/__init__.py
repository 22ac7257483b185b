"""Slack: staff ask in it, and responders answer from it."""

from adapters.slack.service import Parts, SlackService, is_on, why_not

__all__ = ["Parts", "SlackService", "is_on", "why_not"]
