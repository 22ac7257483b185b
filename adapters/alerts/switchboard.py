"""Sends one notice through several channels at once, and tells of a channel that fails through one that works."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from adapters.alerts.channels import Channel
from adapters.alerts.notice import Notice, failure_notice
from bot.model import Attempt, ConversationId
from bot.ports import Clock

Outcome = Literal["delivered", "failed", "nobody"]  # nobody: there was no channel to try

_log = logging.getLogger("handrail")


class Switchboard:
    """The channels of all steps, and which of them did not work when they were used last."""

    def __init__(
        self, channels: Sequence[Channel], *, clock: Clock, zone: ZoneInfo, on_attempt: Callable[[Outcome], None]
    ) -> None:
        """Take the channels, and whom to tell of each attempt, for the metrics."""
        self._channels = sorted(channels, key=lambda channel: channel.step)
        self._clock, self._zone, self._on_attempt = clock, zone, on_attempt
        self._failing: dict[str, tuple[datetime, str]] = {}  # by name: since when, and the type of the error
        self._reported: set[str] = set()

    @property
    def failing(self) -> Mapping[str, datetime]:
        """The channels that failed when they were used last, with since when."""
        return {name: since for name, (since, _) in self._failing.items()}

    def up_to(self, step: int) -> list[Channel]:
        """Return the channels of a step and of all before it; where those have none, the first that there are."""
        first = self._channels[0].step if self._channels else 0
        return [channel for channel in self._channels if channel.step <= max(step, first)]

    async def send(
        self,
        notice: Notice,
        channels: Sequence[Channel],
        *,
        about: tuple[ConversationId, int],
        on_delivered: Callable[[], Awaitable[None]],
    ) -> list[Attempt]:
        """Send a notice through all of the channels at once.

        Args:
            notice: what to send.
            channels: which ones to use.
            about: the conversation and the step, for the record.
            on_delivered: awaited as soon as the first receiver has taken it, while others may still be slow.
        """
        arrived: list[str] = []

        async def send_one(channel: Channel) -> Attempt:
            error = await self._try(channel, notice)
            conversation_id, step = about
            outcome: Literal["delivered", "failed"] = "failed" if error else "delivered"
            at = self._clock.now()
            if not error:
                arrived.append(channel.name)
                if len(arrived) == 1:
                    await on_delivered()
            return Attempt(
                conversation_id=conversation_id, at=at, step=step, channel=channel.name, outcome=outcome, error=error
            )

        async with asyncio.TaskGroup() as group:
            sending = [group.create_task(send_one(channel)) for channel in channels]
        return [task.result() for task in sending]

    async def report(self, attempts: Sequence[Attempt]) -> None:
        """Tell of channels that began to fail through the first that has just worked; once, until they work again."""
        worked = {each.channel for each in attempts if each.outcome == "delivered"}
        through = next((channel for channel in self._channels if channel.name in worked), None)
        if through is None:
            return
        for name in self._failing.keys() - self._reported:
            self._reported.add(name)  # before the wait, or a second alert at the same time would report it too
            if await self._try(through, failure_notice(name, *self._failing[name], self._zone)):
                self._reported.discard(name)

    async def _try(self, channel: Channel, notice: Notice) -> str:
        """Send through one channel; return the type of the error, or nothing when the receiver took it."""
        try:
            await channel.send(notice)
        except Exception as error:  # noqa: BLE001 - any fault of a channel must leave the others and the ladder alone
            kind = type(error).__name__
            self._failing.setdefault(channel.name, (self._clock.now(), kind))
            _log.warning("an alert channel failed", extra={"channel": channel.name, "error": kind})
            self._on_attempt("failed")
            return kind
        self._failing.pop(channel.name, None)
        self._reported.discard(channel.name)
        self._on_attempt("delivered")
        return ""
