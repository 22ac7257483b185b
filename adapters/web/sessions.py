"""Which conversations are open, and who may speak in them: the holder of the token given out at the start."""

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.errors import ConversationUnknown
from bot.model import ConversationId

MAX_STREAMS = 8  # open event streams a conversation: tabs of one visitor; a ninth closes the first
MAX_WAITING_EVENTS = 1_000

_GONE = "There is no such conversation, or the token is not its own. Start a new one."
Stream = asyncio.Queue[dict[str, Any] | None]  # the events of one reader; None ends it


@dataclass(slots=True, kw_only=True)
class Session:
    """One open conversation."""

    token_hash: bytes
    locale: str
    country: str | None
    is_open: bool = True
    last: int = 0  # the number of the last turn that was given out
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # one message of a conversation at a time, in order
    streams: list["Stream"] = field(default_factory=list)

    def is_new(self, number: int) -> bool:
        """Whether a turn is given out for the first time, and note that it is; one that was not recorded has no number."""
        is_new = number > self.last
        self.last = max(self.last, number)
        return is_new


class Sessions:
    """The open conversations of this process."""

    def __init__(self, maximum: int) -> None:
        """Take how many to keep; the one idle longest goes first."""
        self._maximum = maximum
        self._open: OrderedDict[ConversationId, Session] = OrderedDict()

    def start(self, *, locale: str, country: str | None) -> tuple[ConversationId, str]:
        """Open a conversation; return its id and the token that opens it."""
        conversation_id, token = ConversationId(secrets.token_urlsafe(16)), secrets.token_urlsafe(32)
        self._open[conversation_id] = Session(token_hash=_hash(token), locale=locale, country=country)
        while len(self._open) > self._maximum:
            _, oldest = self._open.popitem(last=False)
            _end(oldest)
        return conversation_id, token

    def of(self, conversation_id: ConversationId, token: str) -> Session:
        """Return an open conversation, and count it as used just now.

        Raises:
            ConversationUnknown: there is none, or the token is not its own; which of the two is not said.
        """
        session = self._open.get(conversation_id)
        if session is None or not hmac.compare_digest(session.token_hash, _hash(token)):
            raise ConversationUnknown(_GONE)
        self._open.move_to_end(conversation_id)
        return session

    @staticmethod
    @asynccontextmanager
    async def turn_in(session: Session) -> AsyncIterator[None]:
        """Hold a conversation to oneself.

        Raises:
            ConversationUnknown: it was erased while this waited; nothing may be recorded in it any more.
        """
        async with session.lock:
            if not session.is_open:
                raise ConversationUnknown(_GONE)
            yield

    def end(self, conversation_id: ConversationId) -> None:
        """Forget a conversation and tell its open streams."""
        session = self._open.pop(conversation_id, None)
        if session is not None:
            _end(session)

    def end_all_streams(self) -> None:
        """Close every open stream; called when the server stops."""
        for session in self._open.values():
            for stream in session.streams:
                stream.put_nowait(None)

    @staticmethod
    def publish(session: Session, event: dict[str, Any]) -> None:
        """Give an event to the open streams of a conversation; one that does not read is dropped, and may resume."""
        for stream in list(session.streams):
            if stream.qsize() >= MAX_WAITING_EVENTS:
                session.streams.remove(stream)
                stream.put_nowait(None)
            else:
                stream.put_nowait(event)

    @staticmethod
    @contextmanager
    def listen(session: Session) -> Iterator[Stream]:
        """Open a stream of events for as long as the block lasts; past the limit, the one open longest ends."""
        while len(session.streams) >= MAX_STREAMS:
            session.streams.pop(0).put_nowait(None)
        stream: Stream = asyncio.Queue()
        session.streams.append(stream)
        try:
            yield stream
        finally:
            if stream in session.streams:
                session.streams.remove(stream)


async def events_of(stream: Stream) -> AsyncIterator[dict[str, Any]]:
    """Yield the events of a stream until it ends."""
    while (event := await stream.get()) is not None:
        yield event


def _end(session: Session) -> None:
    session.is_open = False
    for stream in session.streams:
        stream.put_nowait({"event": "ended", "data": {}})
        stream.put_nowait(None)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
