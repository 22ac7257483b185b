"""Handrail as its operator runs it: a process of its own, told to stop by a signal."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

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
