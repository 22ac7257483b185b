"""The worker that climbs the ladders: it tells the team of each conversation that waits, and never ends one by itself.

At least once: a step is leased, sent, and only then moved on in the store. Whatever dies in between is sent again when the
lease ends, with the same key, so that a receiver which knows keys shows it once.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.alerts.channels import Channel
from adapters.alerts.notice import Context, alert_notice
from adapters.alerts.schedule import Onward, after_delivery, after_failure, is_urgent, step_now, when_allowed
from adapters.alerts.switchboard import Outcome, Switchboard
from bot.errors import ConversationUnknown, HandoffError, StoreUnavailable
from bot.handoff import Ladders, Told
from bot.hours import Hours
from bot.model import Alert, Attempt, Owner, Turn
from bot.ports import Changes, Clock, Handoffs, Outbox, Transcript

LEASE = timedelta(seconds=30)  # two rounds of sending at most, with their limit of ten seconds each, and the store's time
AT_ONCE = 20  # alerts that are being sent; more wait in the store
POLL_S = 5.0  # changes are a hint: the store is looked at this often whatever happens
REST_S = 0.05  # between two looks at the store, however often something changes
NO_CHANNEL = "none"

_log = logging.getLogger("handrail")


class LadderWorker:
    """Sends the alerts that are due. Several may run on one store."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        handoffs: Handoffs,
        transcript: Transcript,
        channels: Sequence[Channel],
        ladders: Ladders,
        hours: Hours | None,
        clock: Clock,
        changes: Changes,
        base_url: str,
        zone: ZoneInfo,
        may_quote: bool = False,
        on_attempt: Callable[[Outcome], None] = lambda _outcome: None,
        jitter: Callable[[], float] = lambda: random.uniform(-1, 1),  # noqa: S311 - spreads retries; no secret
    ) -> None:
        """Take the ports and what an alert needs to say.

        Args:
            outbox: where ladders are kept.
            handoffs: where it is noted that the team was told.
            transcript: where the message is read that an alert is about.
            channels: ways to tell the team; with none, rows stay as they are and that is logged and counted.
            ladders: when each step is due.
            hours: when the team is there; ordinary alerts past the first wait for it.
            clock: the time.
            changes: wakes the worker, and is told when a visitor has something new to see.
            base_url: where the desk is, for the link in an alert.
            zone: the team's time zone.
            may_quote: whether an alert may hold the message.
            on_attempt: told of each attempt, for the metrics.
            jitter: from -1 to 1, anew for each retry.
        """
        self._outbox, self._handoffs, self._transcript = outbox, handoffs, transcript
        self._ladders, self._hours = ladders, hours
        self._clock, self._changes = clock, changes
        self._base_url, self._zone, self._may_quote = base_url, zone, may_quote
        self._on_attempt, self._jitter = on_attempt, jitter
        self._switchboard = Switchboard(channels, clock=clock, zone=zone, on_attempt=on_attempt)
        self._sending: set[asyncio.Task[None]] = set()
        self._store_is_away = False  # said once, however often it is looked at

    async def run(self) -> None:
        """Send what is due until cancelled; what is being sent then is due again when its lease ends."""
        woken = asyncio.Event()
        with self._changes.watch(None, woken.set):
            async with asyncio.TaskGroup() as group:
                while True:
                    woken.clear()
                    pause_s = await self._begin_due(group, woken.set)
                    await asyncio.sleep(REST_S)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(woken.wait(), pause_s)

    async def once(self, now: datetime) -> int:
        """Send what is due at a time, wait until all of it is sent, and return how many alerts that was."""
        alerts = await self._outbox.due(now, now + LEASE, AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for alert in alerts:
                group.create_task(self._send(alert))
        return len(alerts)

    async def _begin_due(self, group: asyncio.TaskGroup, wake: Callable[[], None]) -> float:
        """Begin to send what is due, without waiting for it: a receiver that hangs must not hold up the next alert.

        Returns:
            For how many seconds nothing more is due.
        """
        try:
            due_at = await self._outbox.next_due()
            now = self._clock.now()
            free = AT_ONCE - len(self._sending)
            if due_at is None or due_at > now or not free:
                self._store_is_away = False
                return min(POLL_S, (due_at - now).total_seconds()) if due_at and due_at > now else POLL_S
            for alert in await self._outbox.due(now, now + LEASE, free):
                task = group.create_task(self._send(alert))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)
                task.add_done_callback(lambda _task: wake())
        except Exception as error:  # noqa: BLE001 - the ladder goes on whatever happens to the store
            if not self._store_is_away:
                _log.warning("alerts wait for the store", extra={"error": type(error).__name__})
            self._store_is_away = True
            return POLL_S
        self._store_is_away = False
        return 0.0  # there may be more

    async def _send(self, alert: Alert) -> None:
        """Send one alert. Where anything fails the row stays as it is, and is due again when its lease ends."""
        try:
            await self._climb(alert)
        except StoreUnavailable as error:
            _log.warning("what became of an alert was not stored; it is sent again", extra={"error": type(error).__name__})
        except Exception as error:  # noqa: BLE001 - one alert's fault must not end the worker
            _log.error("an alert failed; it is sent again", extra={"error": type(error).__name__})

    async def _climb(self, alert: Alert) -> None:
        """Send the step that is due now, and write down when the ladder goes on."""
        ladder, now, urgent = self._ladders.of(alert.standing.handoff), self._clock.now(), is_urgent(alert)
        step = step_now(alert, ladder, now)
        tries = alert.tries if step == alert.step else 0
        allowed = when_allowed(Onward(step=step, tries=tries, due_at=now), self._hours, urgent=urgent)
        if allowed.due_at > now:
            await self._go_on(alert, (), allowed)
            return
        attempts = await self._tell(alert, step, tries)
        now = self._clock.now()
        if any(each.outcome == "delivered" or each.channel == NO_CHANNEL for each in attempts):
            onward = after_delivery(alert, ladder, step=step, now=now)
        else:
            onward = after_failure(alert, ladder, step=step, tries=tries, now=now, jitter=self._jitter())
        await self._go_on(alert, attempts, when_allowed(onward, self._hours, urgent=urgent))
        await self._switchboard.report(attempts)

    async def _go_on(self, alert: Alert, attempts: Sequence[Attempt], onward: Onward) -> None:
        await self._outbox.tried(alert, attempts, step=onward.step, tries=onward.tries, due_at=onward.due_at)

    async def _tell(self, alert: Alert, step: int, tries: int) -> list[Attempt]:
        """Send a step to all who belong to it; where that reaches nobody and it is urgent, to the next ones at once."""
        channels = self._switchboard.up_to(step)
        if not channels:
            return [self._nobody(alert, step)]
        turn = await self._turn(alert)
        attempts = await self._send_through(channels, alert, step, turn)
        if is_urgent(alert) and all(each.outcome == "failed" for each in attempts):
            wider = [channel for channel in self._switchboard.up_to(step + 1 + tries) if channel not in channels]
            attempts += await self._send_through(wider, alert, step, turn)
        return attempts

    async def _send_through(self, channels: Sequence[Channel], alert: Alert, step: int, turn: Turn | None) -> list[Attempt]:
        context = Context(
            base_url=self._base_url,
            zone=self._zone,
            turn=turn,
            may_quote=self._may_quote,
            failing=self._switchboard.failing,
        )
        notice = alert_notice(alert, step=step, now=self._clock.now(), context=context)

        async def note_told() -> None:
            await self._note_told(alert)

        return await self._switchboard.send(notice, channels, about=(alert.conversation_id, step), on_delivered=note_told)

    def _nobody(self, alert: Alert, step: int) -> Attempt:
        _log.error("nobody can be told: there is no alert channel", extra={"step": step})
        self._on_attempt("nobody")
        return Attempt(
            conversation_id=alert.conversation_id,
            at=self._clock.now(),
            step=step,
            channel=NO_CHANNEL,
            outcome="failed",
            error="NoChannel",
        )

    async def _note_told(self, alert: Alert) -> None:
        """Let the visitor see that the team was told, the first time."""
        if alert.standing.owner is not Owner.QUEUED or alert.standing.told_at is not None:
            return
        try:
            await self._handoffs.act(alert.conversation_id, Told(), self._clock.now())
        except (ConversationUnknown, HandoffError):
            return  # erased, or settled, meanwhile
        except StoreUnavailable as error:
            _log.warning("that the team was told was not stored", extra={"error": type(error).__name__})
            return
        self._changes.notify(alert.conversation_id)

    async def _turn(self, alert: Alert) -> Turn | None:
        """Return the turn that an alert is about; None where it can't be read, and then the alert says less."""
        handoff = alert.standing.handoff
        try:
            turns = await self._transcript.of(alert.conversation_id)
        except Exception as error:  # noqa: BLE001 - an alert that says less is better than none
            _log.warning("an alert goes out without its message", extra={"error": type(error).__name__})
            return None
        meant = [turn for turn in turns if handoff is not None and turn.message_id in handoff.message_ids]
        found = meant or turns
        return found[-1] if found else None
