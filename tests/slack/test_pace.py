"""A channel gets one message at a time, danger first, and Slack's own pauses are kept."""

import asyncio
import time

from aiohttp import web

from adapters.slack.pace import Pace
from tests.slack.fake_slack import FakeSlack, Sender
from tests.slack.test_asking import QUESTION


async def test_danger_goes_before_what_waits() -> None:
    """In the same channel; another channel waits for nobody."""
    gate, order = asyncio.Semaphore(0), []

    async def rest(_seconds: float) -> None:
        await gate.acquire()

    pace = Pace(sleep=rest)

    async def send(name: str, channel: str = "C1", *, is_urgent: bool = False) -> None:
        await pace.turn(channel, is_urgent=is_urgent)
        order.append(name)

    await send("first")
    tasks = [asyncio.create_task(send("second")), asyncio.create_task(send("danger", is_urgent=True))]
    await asyncio.sleep(0)
    await send("elsewhere", "C2")
    assert order == ["first", "elsewhere"]
    for _ in range(4):
        gate.release()
    await asyncio.gather(*tasks)
    assert order == ["first", "elsewhere", "danger", "second"]
    pace.close()


async def test_a_pause_that_slack_asks_for_is_kept(slack: FakeSlack, sender: Sender) -> None:
    """And the message is sent once after it."""
    refused: list[float] = []

    def refuse_once(_given: object) -> web.Response | None:
        if refused:
            return None
        refused.append(time.monotonic())
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"})

    slack.answers["chat.postMessage"] = refuse_once
    await sender.mention(QUESTION, ts="1.1")
    await slack.until(lambda: slack.of("reactions.remove"))
    assert len(slack.posted) == 1
    assert time.monotonic() - refused[0] >= 1
