"""A local Slack: it takes calls of the Web API, keeps what was posted, and signs what it sends as Slack does."""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

from aiohttp import ClientSession, web
from slack_sdk.models.blocks import Block

HERE, SECRET, TEAM, BOT = "127.0.0.1", "a signing secret", "T0TEAM", "U0BOT"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of the Web API."""

    method: str
    given: dict[str, Any]

    @property
    def text(self) -> str:
        """All that a person reads in it: the sections, or the text where there are none."""
        sections = [each["text"]["text"] for each in self.given.get("blocks") or [] if each["type"] == "section"]
        return "\n".join(sections) or str(self.given.get("text", ""))

    def button(self, label: str) -> dict[str, Any]:
        """The button with a label."""
        rows = [each["elements"] for each in self.given["blocks"] if each["type"] == "actions"]
        return next(each for row in rows for each in row if each["text"]["text"].startswith(label))


@dataclass(kw_only=True)
class FakeSlack:
    """Slack's side: ``calls`` holds what was called, in order."""

    calls: list[Call] = field(default_factory=list)
    shared: set[str] = field(default_factory=set)
    is_away: bool = False
    answers: dict[str, Callable[[dict[str, Any]], web.Response | None]] = field(default_factory=dict)
    port: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def url(self) -> str:
        """Where the Web API is."""
        return f"http://{HERE}:{self.port}/api/"

    async def start(self) -> Self:
        """Serve."""
        app = web.Application()
        app.add_routes([web.route("*", "/api/{method}", self._called), web.post("/respond", self._responded)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, HERE, self.port).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        """Stop serving."""
        await self._runner.cleanup()

    def of(self, *methods: str) -> list[Call]:
        """The calls of some methods."""
        return [each for each in self.calls if each.method in methods]

    @property
    def posted(self) -> list[Call]:
        """What was posted for all in a channel to see."""
        return self.of("chat.postMessage")

    @property
    def whispered(self) -> list[Call]:
        """What one person alone was shown."""
        return self.of("chat.postEphemeral", "respond")

    async def until(self, is_so: Callable[[], object], within_s: float = 5) -> None:
        """Wait for calls until something is so."""
        async with asyncio.timeout(within_s):
            while not is_so():
                self._news.clear()
                await self._news.wait()

    async def _called(self, request: web.Request) -> web.Response:
        is_json = request.content_type == JSON
        given = {**request.query, **(await request.json() if is_json else await request.post())}
        for name in ("blocks", "metadata", "view", "prompts"):
            if isinstance(given.get(name), str):
                given[name] = json.loads(given[name])
        if self.is_away:
            return web.Response(status=503)
        method = request.match_info["method"]
        for block in Block.parse_all(given.get("blocks") or []):
            block.validate_json()
        own = self.answers.get(method)
        if own is not None and (answer := own(given)) is not None:
            self._news.set()
            return answer
        self._note(Call(method=method, given=given))
        return web.json_response(self._answer(method, given))

    def _answer(self, method: str, given: dict[str, Any]) -> dict[str, Any]:
        match method:
            case "auth.test":
                return {"ok": True, "user_id": BOT, "bot_id": "B0BOT", "team_id": TEAM}
            case "conversations.info":
                return {"ok": True, "channel": {"id": given["channel"], "is_ext_shared": given["channel"] in self.shared}}
            case "conversations.open":
                return {"ok": True, "channel": {"id": f"D{given['users']}"}}
            case "users.info":
                return {"ok": True, "user": {"id": given["user"], "profile": {"display_name": f"Name-{given['user']}"}}}
            case "conversations.replies" | "conversations.history":
                posted = [each.given for each in self.posted if each.given["channel"] == given["channel"]]
                gone = {each.given["ts"] for each in self.of("chat.delete")}
                return {"ok": True, "messages": [each for each in posted if each["ts"] not in gone]}
            case "chat.postMessage":
                given["ts"] = f"9000.{next(self._numbers):06}"
                return {"ok": True, "channel": given["channel"], "ts": given["ts"]}
            case _:
                return {"ok": True}

    async def _responded(self, request: web.Request) -> web.Response:
        self._note(Call(method="respond", given=await request.json()))
        return web.Response(text="ok")

    def _note(self, call: Call) -> None:
        self.calls.append(call)
        self._news.set()


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Slack as it calls us."""

    http: ClientSession
    url: str  # of our side
    respond_at: str

    async def raw(self, body: str, kind: str = JSON, *, at: float | None = None, **headers: str) -> int:
        """Send a body with the signature that fits it, unless other headers are given; return the status."""
        stamp = str(int(time.time() if at is None else at))
        signed = hmac.new(SECRET.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        sent = {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={signed}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        async with self.http.post(f"{self.url}/slack/events", data=body.encode(), headers=sent) as response:
            await response.read()
            return response.status

    async def event(self, event: dict[str, Any], *, is_shared: bool = False, **headers: Any) -> int:
        """Send an event."""
        body = {
            "type": "event_callback",
            "team_id": TEAM,
            "event_id": f"Ev{event.get('ts', '')}",
            "is_ext_shared_channel": is_shared,
            "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
            "event": event,
        }
        return await self.raw(json.dumps(body), **headers)

    async def mention(self, text: str, ts: str = "1.1", thread: str = "", *, is_shared: bool = False, **more: Any) -> int:
        """Mention the bot in a channel."""
        event = {"type": "app_mention", "channel": "C0ROOM", "user": "U0ANN", "text": f"<@{BOT}> {text}", "ts": ts, **more}
        return await self.event({**event, **({"thread_ts": thread} if thread else {})}, is_shared=is_shared)

    async def say(self, text: str, ts: str, thread: str = "", channel: str = "C0ROOM", **more: Any) -> int:
        """Say something in a channel, without a mention; in a direct message where the channel begins with D."""
        event = {
            "type": "message",
            "channel": channel,
            "channel_type": "im" if channel.startswith("D") else "channel",
            "user": "U0ANN",
            "text": text,
            "ts": ts,
            **({"thread_ts": thread} if thread else {}),
            **more,
        }
        return await self.event(event)

    async def command(self, text: str, trigger: str = "1.2.3") -> int:
        """Type ``/ask``."""
        given = {"command": "/ask", "text": text, "channel_id": "C0ROOM", "user_id": "U0ANN", "team_id": TEAM}
        return await self.raw(urlencode({**given, "trigger_id": trigger, "response_url": self.respond_at}), FORM)

    async def interact(self, payload: dict[str, Any]) -> int:
        """Use a button, a shortcut or a modal."""
        common = {"team": {"id": TEAM}, "user": {"id": "U0ANN"}, "trigger_id": "7.8.9"}
        return await self.raw(urlencode({"payload": json.dumps({**common, **payload})}), FORM)

    async def click(
        self, button: dict[str, Any], *, channel: str = "C0ROOM", ts: str = "9000.000001", thread: str = "", **more: Any
    ) -> int:
        """Click a button of a message."""
        message = {"ts": ts, **({"thread_ts": thread} if thread else {})}
        return await self.interact(
            {
                "type": "block_actions",
                "channel": {"id": channel},
                "container": {"type": "message", "message_ts": ts, "channel_id": channel},
                "message": message,
                "response_url": self.respond_at,
                "actions": [{"type": "button", "block_id": "b", "action_ts": "1", **button}],
                **more,
            }
        )
