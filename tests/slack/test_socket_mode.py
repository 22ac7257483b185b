"""Without a public address Handrail calls Slack, over a real WebSocket."""

import asyncio
import json

from aiohttp import web

from bot.assembly import Core
from bot.settings import Secret
from tests.slack.conftest import Site
from tests.slack.fake_slack import BOT, HERE, TEAM, FakeSlack
from tests.slack.test_asking import QUESTION


async def test_what_comes_by_the_socket_is_acknowledged_and_answered(core: Core, slack: FakeSlack) -> None:
    """Once, also when it comes twice."""
    acknowledged: asyncio.Queue[str] = asyncio.Queue()

    async def socket(request: web.Request) -> web.WebSocketResponse:
        connection = web.WebSocketResponse()
        await connection.prepare(request)
        await connection.send_json({"type": "hello", "num_connections": 1})
        event = {"type": "app_mention", "channel": "C0ROOM", "user": "U0ANN", "text": f"<@{BOT}> {QUESTION}", "ts": "1.1"}
        body = {"type": "event_callback", "team_id": TEAM, "authorizations": [{"user_id": BOT}], "event": event}
        for envelope in ("e-1", "e-2"):
            await connection.send_json({"type": "events_api", "envelope_id": envelope, "payload": body})
        async for message in connection:
            if message.type is web.WSMsgType.TEXT and message.data.startswith("{"):
                acknowledged.put_nowait(json.loads(message.data)["envelope_id"])
        return connection

    app = web.Application()
    app.add_routes([web.get("/socket", socket)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HERE, 0).start()
    url = f"ws://{HERE}:{runner.addresses[0][1]}/socket"
    slack.answers["apps.connections.open"] = lambda _given: web.json_response({"ok": True, "url": url})
    site = Site(core, slack, slack_signing_secret=None, slack_app_token=Secret("xapp-1"))
    await site.start()
    async with asyncio.timeout(10):
        assert {await acknowledged.get(), await acknowledged.get()} == {"e-1", "e-2"}
    await slack.until(lambda: slack.of("reactions.remove"))
    assert len(slack.posted) == 1
    await site.stop()
    await runner.cleanup()
