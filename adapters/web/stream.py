"""The stream of server-sent events of one conversation: what is new is read from the store, never from what woke us."""

import asyncio
import contextlib
import json
import re
from datetime import datetime

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from adapters.web.parts import CHANGES, PRESENCE, STOPPING, STORE
from adapters.web.shapes import as_event
from bot.errors import MessageRejected, StoreUnavailable
from bot.model import ConversationId

MAX_STREAMS = 8  # open streams a conversation: tabs of one visitor; a ninth ends the one open longest
SEND_S = 30.0  # for a reader to take an event; one that takes longer is let go, and may resume
AGAIN_MS = 2_000  # after which a reader should come back when the server stops
STORE_WAIT_S = 1.0  # before a store that was away is read again
OPEN: web.AppKey["OpenStreams"] = web.AppKey("open_streams")
_EVENT_ID = re.compile(r"[0-9]{1,9}")


class OpenStreams:
    """The streams of this process, and the right of each to stay open."""

    def __init__(self) -> None:
        """Begin without any."""
        self._open: dict[ConversationId, list[asyncio.Event]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._open.values()))

    def open(self, conversation_id: ConversationId, wake: asyncio.Event) -> None:
        """Add a stream, known by what wakes it; past the limit, the one open longest loses its right and is woken."""
        streams = self._open.setdefault(conversation_id, [])
        while len(streams) >= MAX_STREAMS:
            streams.pop(0).set()
        streams.append(wake)

    def may_stay(self, conversation_id: ConversationId, wake: asyncio.Event) -> bool:
        """Whether a stream may stay open."""
        return wake in self._open.get(conversation_id, ())

    def close(self, conversation_id: ConversationId, wake: asyncio.Event) -> None:
        """Take a stream off."""
        streams = self._open.get(conversation_id, [])
        if wake in streams:
            streams.remove(wake)
        if not streams:
            self._open.pop(conversation_id, None)

    def wake_all(self) -> None:
        """Wake every stream, so that each sees that the server stops."""
        for streams in self._open.values():
            for wake in streams:
                wake.set()


def last_event(request: web.Request) -> int:
    """Return the number of the last entry that the reader has.

    Raises:
        MessageRejected: it is no number.
    """
    given = request.headers.get("Last-Event-ID", "0")
    if not _EVENT_ID.fullmatch(given):
        raise MessageRejected("Last-Event-ID: is not the number of an entry.")
    return int(given)


async def stream(request: web.Request, conversation_id: ConversationId) -> web.StreamResponse:
    """Send the entries after ``Last-Event-ID``, and each further one as it is recorded, until the reader leaves."""
    app, wake, last = request.app, asyncio.Event(), last_event(request)
    case = await app[STORE].case(conversation_id)
    last = min(last, case.last_n if case else 0)  # a number that was never given out must hide nothing that is new
    app[OPEN].open(conversation_id, wake)
    try:
        with app[CHANGES].watch(conversation_id, wake.set), app[PRESENCE].listening(conversation_id):
            async with sse_response(request, send_timeout=SEND_S) as response:
                response.headers.clear()  # they are sent; ten thousand quiet streams need not keep a kilobyte of them each
                with contextlib.suppress(ConnectionError, TimeoutError):  # the reader left; it may resume
                    await _follow(app, response, conversation_id, last=last, wake=wake)
        return response
    finally:
        app[OPEN].close(conversation_id, wake)


async def _follow(
    app: web.Application,
    response: EventSourceResponse,
    conversation_id: ConversationId,
    *,
    last: int,
    wake: asyncio.Event,
) -> None:
    told: datetime | None = None  # when the responder typed, as the reader knows it
    while app[OPEN].may_stay(conversation_id, wake):
        wake.clear()
        try:
            entries = await app[STORE].entries(conversation_id, last)
            is_there = bool(entries) or await app[STORE].conversation(conversation_id) is not None
        except StoreUnavailable:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), STORE_WAIT_S)
            continue
        for entry in entries:
            name, data = as_event(entry)
            await response.send(json.dumps(data), event=name, id=str(entry.n))
            last = entry.n
        if not is_there:
            await response.send("{}", event="ended")
            return
        # Said again each time the responder's page renews it, or a reader would take a long message for a pause.
        if (typed_at := app[PRESENCE].responder_typed_at(conversation_id)) != told:
            await response.send(json.dumps({"typing": typed_at is not None}), event="presence")
            told = typed_at
        if app[STOPPING].is_set():
            await response.write(f"retry: {AGAIN_MS}\r\n\r\n".encode())
            return
        await wake.wait()
