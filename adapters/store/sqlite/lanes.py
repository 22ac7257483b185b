"""Threads that each own one connection and run what waits, as one batch after another; the event loop runs no SQL."""

import asyncio
import contextlib
import logging
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from adapters.store.sqlite.connections import Identity, open_reader
from adapters.store.sqlite.faults import FAILURES, in_our_words, spoils
from bot.errors import BotError, StoreUnavailable
from bot.model import ConversationId

log = logging.getLogger("handrail")
T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


@dataclass(slots=True)
class Job:
    """Something to do on a connection, and who waits for it."""

    work: Work[Any]
    future: "asyncio.Future[Any]"
    changes: ConversationId | None = None  # which conversation, so that whoever watches it is woken
    erases: bool = False  # then the log is emptied after the commit, since it holds the text too
    value: Any = None
    error: BaseException | None = None


class Lane(ABC):
    """A thread with a connection. Jobs are run in the order in which they came."""

    def __init__(self, name: str, path: Path, notify: Callable[[ConversationId], None] | None = None) -> None:
        """Start the thread; call within the event loop whose tasks will wait for the jobs."""
        self._path = path
        self._notify = notify
        self._loop = asyncio.get_running_loop()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._is_closed = False
        self._patience_s: float | None = None  # how long to wait for a job before ``_at_rest`` is called
        self._thread = threading.Thread(target=self._live, name=f"handrail-{name}", daemon=True)
        self._thread.start()

    def run(self, work: Work[T], *, changes: ConversationId | None = None, erases: bool = False) -> "asyncio.Future[T]":
        """Have something done; the future has what came of it.

        A job whose waiter has gone before its turn came is left out; one that has begun is finished.
        """
        if self._is_closed:
            raise StoreUnavailable("The store is closed.")
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(Job(work, future, changes, erases))
        return future

    @property
    def waiting(self) -> int:
        """How many jobs wait for their turn, about."""
        return self._jobs.qsize()

    async def close(self) -> None:
        """Finish what waits, close the connection and end the thread."""
        self._is_closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _live(self) -> None:
        goes_on = True
        while goes_on:
            batch, goes_on = self._take()
            batch = [job for job in batch if not job.future.done()]
            try:
                if batch:
                    self._run(batch)
                else:
                    self._at_rest()
            except BaseException as error:  # noqa: BLE001 - the thread must outlive whatever happens
                log.error("store thread failed", extra={"error": type(error).__name__})
                for job in batch:
                    job.error = job.error or StoreUnavailable()
            self._hand_back(batch)
        self._shut()

    def _take(self) -> tuple[list[Job], bool]:
        """Wait for a job, and take all that wait with it; False at the end."""
        batch: list[Job] = []
        try:
            job = self._jobs.get(timeout=self._patience_s)
        except Empty:
            return batch, True
        with contextlib.suppress(Empty):
            while job is not None:
                batch.append(job)
                job = self._jobs.get_nowait()
            return batch, False
        return batch, True

    def _hand_back(self, batch: Sequence[Job]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and with it whoever waited
            self._loop.call_soon_threadsafe(self._resolve, batch)

    def _resolve(self, batch: Sequence[Job]) -> None:
        """Wake whoever waits; on the event loop, once for a batch."""
        for job in batch:
            if job.future.done():
                continue
            if job.error is not None:
                job.future.set_exception(job.error)
            else:
                job.future.set_result(job.value)
        if self._notify is None:
            return
        for changed in dict.fromkeys(job.changes for job in batch if job.changes and job.error is None):
            try:
                self._notify(changed)
            except Exception as error:  # noqa: BLE001 - one watcher must not keep the others asleep
                log.error("watcher failed", extra={"error": type(error).__name__})

    @abstractmethod
    def _run(self, batch: Sequence[Job]) -> None:
        """Do all jobs of a batch; what comes of each goes into its ``value`` or its ``error``."""

    def _at_rest(self) -> None:  # noqa: B027 - nothing is to be done at rest unless a lane says so
        """Do what waited for a moment without jobs."""

    @abstractmethod
    def _shut(self) -> None:
        """Close the connection; a later job opens another."""


class Reader(Lane):
    """Reads. All jobs of a batch see the same state, which holds all that was acknowledged before they were asked for."""

    def __init__(self, name: str, path: Path, on_opened: Callable[[], None] = lambda: None) -> None:
        """Take what to do whenever the file was opened, or opened again."""
        self._on_opened = on_opened
        self._connection: sqlite3.Connection | None = None
        self._identity: Identity | None = None
        super().__init__(name, path)

    def _run(self, batch: Sequence[Job]) -> None:
        try:
            connection = self._opened()
            connection.execute("BEGIN")
        except (*FAILURES, BotError) as error:
            self._shut()
            for job in batch:
                job.error = in_our_words(error)
            return
        is_spoilt = False
        for job in batch:
            try:
                job.value = job.work(connection)
            except Exception as error:  # noqa: BLE001 - handed to whoever waits for it
                job.error = in_our_words(error)
                is_spoilt = is_spoilt or spoils(error)
        if is_spoilt:
            self._shut()
        else:
            connection.execute("ROLLBACK")

    def _opened(self) -> sqlite3.Connection:
        """Return a connection to the file that is there now."""
        if self._connection is not None and Identity.of(self._path) != self._identity:
            self._shut()
        if self._connection is None:
            self._connection = open_reader(self._path)
            self._identity = Identity.of(self._path)
            self._on_opened()
        return self._connection

    def _shut(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()
