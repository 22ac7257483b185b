"""One message a second in each channel, as Slack asks, and danger before the rest."""

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable

INTERVAL_S = 1.0


class Pace:
    """Lets messages of a channel pass one at a time."""

    def __init__(self, interval_s: float = INTERVAL_S, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Take how long a channel rests after a message."""
        self._interval_s, self._sleep = interval_s, sleep
        self._waiting: dict[str, list[tuple[bool, int, asyncio.Future[None]]]] = {}
        self._numbers = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()

    async def turn(self, channel: str, *, is_urgent: bool = False) -> None:
        """Wait until a message may be sent to a channel; urgent ones go before others that wait."""
        waiting = self._waiting.get(channel)
        if waiting is None:
            self._waiting[channel] = []
            self._begin(channel)
            return
        passes: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(waiting, (not is_urgent, next(self._numbers), passes))
        await passes

    def close(self) -> None:
        """Stop counting."""
        for task in self._tasks:
            task.cancel()

    def _begin(self, channel: str) -> None:
        task = asyncio.create_task(self._rest(channel))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _rest(self, channel: str) -> None:
        while True:
            await self._sleep(self._interval_s)
            waiting = self._waiting[channel]
            while waiting and waiting[0][2].done():  # whoever waited has gone
                heapq.heappop(waiting)
            if not waiting:
                del self._waiting[channel]
                return
            heapq.heappop(waiting)[2].set_result(None)
