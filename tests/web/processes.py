"""Handrail as its operator runs it: a process of its own, told to stop by a signal."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from tests.conftest import ROOT, SMALL_PACK

LIMIT_S = 60.0


@dataclass
class Process:
    """A running ``serve``."""

    running: asyncio.subprocess.Process
    port: int

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    async def stopped_by(self, number: signal.Signals) -> tuple[int, str, str]:
        """Send a signal; return the exit code, and what was written to standard output and standard error."""
        self.running.send_signal(number)
        async with asyncio.timeout(LIMIT_S):
            out, err = await self.running.communicate()
        return self.running.returncode or 0, out.decode(), err.decode()


async def start(data_dir: Path, *arguments: str, **settings: str) -> asyncio.subprocess.Process:
    """Start ``python run_bot.py serve`` with the small pack, arguments and settings."""
    usual = {name: value for name, value in os.environ.items() if not name.startswith("HANDRAIL_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "run_bot.py",
        "serve",
        *arguments,
        cwd=ROOT,
        env={**usual, "HANDRAIL_KNOWLEDGE": str(SMALL_PACK), "HANDRAIL_DATA_DIR": str(data_dir), **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


def kept_in(folder: Path) -> dict[str, str]:
    """Return the setting that keeps conversations in a folder, apart from the index that processes share."""
    return {"HANDRAIL_DATABASE_URL": f"sqlite:///{folder / 'handrail.db'}"}


@asynccontextmanager
async def serving(data_dir: Path, **settings: str) -> AsyncIterator[Process]:
    """Serve the small pack on a free port for as long as the block lasts."""
    running = await start(data_dir, "--port", "0", **settings)
    assert running.stdout is not None
    try:
        async with asyncio.timeout(LIMIT_S):
            ready = (await running.stdout.readline()).decode()
        yield Process(running, int(ready.split(":")[2].split("/")[0]))
    finally:
        if running.returncode is None:
            running.kill()
            await running.communicate()


@dataclass
class Webhook:
    """A receiver of alerts on the loopback, which keeps what it is sent and answers as told."""

    status: int = 200
    answer: str = "{}"
    hangs: bool = False
    port: int = 0
    keys: list[str] = field(default_factory=list)  # the Idempotency-Key of each alert
    bodies: list[str] = field(default_factory=list)
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Its address, as Apprise takes it."""
        return f"json://127.0.0.1:{self.port}/hook"

    async def sent(self, n: int = 1) -> None:
        """Wait until it was sent so many different alerts."""
        async with asyncio.timeout(LIMIT_S), self._came:
            await self._came.wait_for(lambda: len(set(self.keys)) >= n)

    async def take(self, request: web.Request) -> web.Response:
        """Take an alert, or hang."""
        self.keys.append(request.headers.get("Idempotency-Key", ""))
        self.bodies.append(await request.text())
        async with self._came:
            self._came.notify_all()
        if self.hangs:
            await self._released.wait()
        return web.Response(text=self.answer, status=self.status, content_type="application/json")

    @classmethod
    @asynccontextmanager
    async def open(cls, **told: Any) -> AsyncIterator[Self]:
        """Listen on a free port for as long as the block lasts."""
        hook = cls(**told)
        app = web.Application()
        app.router.add_post("/hook", hook.take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            hook.port = runner.addresses[0][1]
            yield hook
        finally:
            hook._released.set()
            await runner.cleanup()
