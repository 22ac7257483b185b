"""Pages that stay true while they are open: what changed on them is sent as server-sent events."""

import asyncio
import contextlib
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from bot.model import ConversationId
from bot.ports import Changes

BETWEEN_S = 0.25  # at most four looks a second, however much is going on
LOOK_AGAIN_S = 5.0  # without a change: times go by, a visitor's typing ends, a log-in ends
MAX_STREAMS = 4  # of one log-in. Browsers open six connections to a host: with more pages open, no reply could be sent
MAX_LOOKS = 10_000
LOOK_FOR = timedelta(minutes=1)  # in which a page that was opened may begin to follow without counting as a second look

Render = Callable[[], Awaitable[Mapping[str, str] | None]]  # the parts of a page by name; None when the log-in has ended


class Stream:
    """One page that follows; ``wake`` makes it look, and it ends once it has a ``reason`` to."""

    def __init__(self) -> None:
        """Begin with a first look."""
        self._woken = asyncio.Event()
        self._woken.set()
        self.reason = ""

    def wake(self) -> None:
        """Say that something may be new."""
        self._woken.set()

    def end(self, reason: str) -> None:
        """End it: "paused" in favour of another page, "stopping" with the server."""
        self.reason = self.reason or reason
        self._woken.set()

    async def woken(self) -> None:
        """Wait until there may be something new."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_AGAIN_S):
                await self._woken.wait()
        self._woken.clear()


class Streams:
    """The pages that follow, by log-in."""

    def __init__(self) -> None:
        """Begin with none."""
        self._open: dict[bytes, list[Stream]] = {}

    @contextmanager
    def opened(self, of: bytes) -> Iterator[Stream]:
        """Let a page follow while the block lasts; past the limit the one open longest is paused."""
        streams = self._open.setdefault(of, [])
        while len(streams) >= MAX_STREAMS:
            streams.pop(0).end("paused")
        stream = Stream()
        streams.append(stream)
        try:
            yield stream
        finally:
            if stream in streams:
                streams.remove(stream)
            if not streams and self._open.get(of) is streams:
                del self._open[of]

    def wake_all(self, of: bytes) -> None:
        """Make the pages of a log-in look at once: it has ended."""
        for stream in self._open.get(of, ()):
            stream.wake()

    def end_all(self) -> None:
        """End every page's stream; the pages come back by themselves."""
        for stream in [each for streams in self._open.values() for each in streams]:
            stream.end("stopping")


class Looks:
    """Which log-in has just opened which conversation, so that following it is not audited as a second look."""

    def __init__(self) -> None:
        """Begin with none."""
        self._at: OrderedDict[tuple[bytes, ConversationId], datetime] = OrderedDict()

    def note(self, of: bytes, conversation_id: ConversationId, at: datetime) -> None:
        """Note a look that is in the audit trail."""
        self._at[of, conversation_id] = at
        self._at.move_to_end((of, conversation_id))
        while len(self._at) > MAX_LOOKS:
            self._at.popitem(last=False)

    def is_known(self, of: bytes, conversation_id: ConversationId, now: datetime) -> bool:
        """Whether the audit trail holds this look, and forget it: the next one is another."""
        at = self._at.pop((of, conversation_id), None)
        return at is not None and now - at <= LOOK_FOR


async def follow(request: web.Request, streams: Streams, of: bytes, changes: Changes, render: Render) -> web.StreamResponse:
    """Send the parts of a page, and then those that changed, until the page is closed."""
    with streams.opened(of) as stream, changes.watch(None, stream.wake):
        async with sse_response(request) as response:
            with contextlib.suppress(ConnectionError, TimeoutError):  # the page was closed, or reads no more
                await _send(response, stream, render)
        return response


async def _send(response: EventSourceResponse, stream: Stream, render: Render) -> None:
    sent: Mapping[str, str] = {}
    while True:
        await stream.woken()
        if stream.reason:
            await response.send("{}", event=stream.reason)
            return
        parts = await render()
        if parts is None:
            await response.send("{}", event="ended")
            return
        changed = {name: html for name, html in parts.items() if sent.get(name) != html}
        if changed:
            await response.send(json.dumps(changed), event="parts")
        sent = parts
        await asyncio.sleep(BETWEEN_S)
