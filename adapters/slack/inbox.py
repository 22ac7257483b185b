"""Takes what people ask: kept before it is acknowledged, worked on after, once, also across restarts."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

from adapters.slack.asked import Asked
from adapters.slack.keys import Keys
from bot.errors import StoreUnavailable
from bot.ports import Clock
from bot.relays import Inbox

LEASE = timedelta(seconds=15)  # renewed for as long as the work lasts: what a dead process left is done soon
RENEW_S = 4.0
WORK_S = 100.0
KEEP_S = 1.0  # Slack waits three seconds: a store that takes longer counts as away
LOOK_S = 5.0  # how often work is looked for that another process left undone
CLOSE_S = 5.0
MAX_KNOWN = 10_000

log = logging.getLogger("handrail")
Work = Callable[[Asked, str, bool], Awaitable[None]]  # what was asked, its key, and whether an earlier try may have answered


class Received:
    """What was received, and the tasks that work on it."""

    def __init__(self, inbox: Inbox, keys: Keys, clock: Clock, work: Work) -> None:
        """Take where it is kept, and what is done with it."""
        self._inbox, self._keys, self._clock, self._work = inbox, keys, clock, work
        self._tasks: set[asyncio.Task[None]] = set()
        self._unkept: dict[str, None] = {}  # taken while the store was away: known to this process alone

    async def take(self, asked: Asked) -> None:
        """Keep a message and begin to work on it, unless it was taken before; returns well within Slack's three seconds."""
        key = self.key_of(asked)
        now = self._clock.now()
        try:
            async with asyncio.timeout(KEEP_S):
                is_new = await self._inbox.received(key, asked.as_json(), now, now + LEASE)
        except Exception as error:  # noqa: BLE001 - danger gets its reply without the store too
            log.warning("a message could not be kept before it was answered", extra={"error": type(error).__name__})
            is_new = key not in self._unkept
            self._unkept[key] = None
            while len(self._unkept) > MAX_KNOWN:
                del self._unkept[next(iter(self._unkept))]
        if is_new:
            self._begin(asked, key, is_again=False)

    def key_of(self, asked: Asked) -> str:
        """Return what makes a message the same one: Slack reports a mention twice, and repeats what was not acknowledged."""
        return self._keys.of("edit" if asked.way == "edit" else "new", asked.channel, asked.ts, asked.edited)

    async def resume(self) -> int:
        """Begin to work on what was left undone, and return how much that is."""
        now = self._clock.now()
        left = await self._inbox.unfinished(now, now + LEASE)
        for key, payload in left:
            self._begin(Asked.from_json(payload), key, is_again=True)
        return len(left)

    async def run(self) -> None:
        """Look for what was left undone until cancelled; then wait a little for what is being worked on."""
        try:
            while True:
                try:
                    await self.resume()
                except Exception as error:  # noqa: BLE001 - the store may be back the next time
                    log.warning("unfinished messages could not be read", extra={"error": type(error).__name__})
                await asyncio.sleep(LOOK_S)
        finally:
            await self.settle(CLOSE_S)

    async def settle(self, within_s: float) -> None:
        """Wait for what is being worked on; what is not done then stays undone, for the next start."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within_s)
            for task in late:
                task.cancel()

    def _begin(self, asked: Asked, key: str, *, is_again: bool) -> None:
        task = asyncio.create_task(self._finish(asked, key, is_again=is_again))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, asked: Asked, key: str, *, is_again: bool) -> None:
        try:
            async with asyncio.timeout(WORK_S), self._held(key):
                await self._work(asked, key, is_again)
                await self._inbox.finished(key)
        except Exception as error:  # noqa: BLE001 - it is undone, and tried again when its lease ends
            log.error("a message of Slack was not answered", extra={"error": type(error).__name__})

    @contextlib.asynccontextmanager
    async def _held(self, key: str) -> AsyncIterator[None]:
        """Renew the lease of a key while the block lasts."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(RENEW_S)
                with contextlib.suppress(StoreUnavailable):
                    await self._inbox.renew(key, self._clock.now() + LEASE)

        task = asyncio.create_task(renew())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
