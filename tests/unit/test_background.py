"""What runs beside the server."""

import asyncio
import logging

import pytest

import run_bot
from run_bot import beside


async def test_what_fails_is_begun_again(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A fault that nobody foresaw ends neither the alerts nor the server; the log has its type and no word of it."""
    monkeypatch.setattr(run_bot, "AGAIN_S", 0.0)
    begun, again = 0, asyncio.Event()

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise RuntimeError("markedword")
        again.set()
        await asyncio.Event().wait()

    with caplog.at_level(logging.ERROR, "handrail"):
        async with asyncio.timeout(5), beside("alerts", work):
            await again.wait()

    assert [(record.msg, vars(record)["error"]) for record in caplog.records] == [
        ("background work failed", "RuntimeError")
    ] * 2
    assert "markedword" not in caplog.text
    assert begun == 3
