"""Slack as a way to tell the team: the first alert is the case itself, and each later one is said again, to more people."""

from typing import Protocol

from adapters.slack.case_view import reminder
from adapters.slack.poster import Poster
from adapters.slack.relay import Relay
from bot.model import ConversationId

NAME = "slack"
WIDER = ("<!here>", "<!channel>")  # at the second step of a ladder, and from the third on


class Told(Protocol):
    """What an alert says, as far as Slack needs it."""

    @property
    def title(self) -> str:
        """What waits, how grave, for how long; nothing that was said."""
        ...

    @property
    def key(self) -> str:
        """The same each time that a step is sent again."""
        ...

    @property
    def urgent(self) -> bool:
        """Whether it is danger."""
        ...

    @property
    def about(self) -> ConversationId | None:
        """Which conversation; None for what is about none."""
        ...

    @property
    def step(self) -> int:
        """Of the ladder; 0 for the first."""
        ...

    @property
    def why(self) -> str:
        """For which the ladder runs: "opened" where the case is new, or was put back."""
        ...


class NotShown(Exception):
    """The case does not stand in the channel."""


class SlackAlerts:
    """An alert channel."""

    name = NAME
    step = 0

    def __init__(self, relay: Relay, poster: Poster, channel: str, on_call: str) -> None:
        """Take where cases appear, and who is mentioned."""
        self._relay, self._poster, self._channel, self._on_call = relay, poster, channel, on_call

    async def send(self, notice: Told) -> None:
        """See that the case stands in the channel; from the second step on say so again.

        Raises:
            Exception: it does not.
        """
        if notice.about is None:
            await self._poster.post(self._channel, reminder(notice.title, ""), is_urgent=notice.urgent)
            return
        place = await self._relay.show(notice.about)
        if place is None:
            raise NotShown
        if notice.step or notice.why != "opened":  # the case itself, and that it was put back, mention people already
            again = reminder(notice.title, self._mention(notice))
            await self._poster.post(
                place.channel, again, thread=place.thread, key=notice.key, is_urgent=notice.urgent, for_all=True
            )

    def _mention(self, notice: Told) -> str:
        if not notice.urgent or not notice.step:
            return self._on_call
        return f"{self._on_call} {WIDER[min(notice.step, len(WIDER)) - 1]}".strip()


def mention_of(user_or_group: str | None) -> str:
    """Return the mention of a user group, or of a user."""
    if not user_or_group:
        return ""
    return f"<!subteam^{user_or_group}>" if user_or_group.startswith("S") else f"<@{user_or_group}>"
