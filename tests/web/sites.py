"""A site that tests may start, stop and start again, and a visitor who calls its API over a real socket."""

import io
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol, Self

from aiohttp import ClientResponse, ClientSession, web

from adapters.web.metrics import Metrics
from adapters.web.parts import Parts
from adapters.web.server import make_app, make_runner
from bot.assembly import Core
from bot.memory import FixedClock, FixedTeam, LocalChanges, MemoryStore
from bot.ports import Reach
from bot.settings import Settings
from tests.conftest import NOON, conversations_of

HERE = "127.0.0.1"


class Site:
    """The application on a port of its own, on the loopback."""

    def __init__(self, core: Core, **settings: Any) -> None:
        """Take a core and settings that differ from the usual ones; ``start`` opens it."""
        self.core, self.clock, self.port = core, FixedClock(NOON), 0
        self.can_be_told, self.changes = True, LocalChanges()
        self.settings = Settings(**{"country": "US", "rate_conversation": 10_000, **settings})
        self.app: web.Application
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{HERE}:{self.port}"

    async def start(self, store: MemoryStore | None = None) -> Self:
        """Serve with an empty store, or a given one, on the same port as before when it was started before."""
        self.metrics = Metrics()
        self.store = store = store or MemoryStore(changes=self.changes)
        self.team = FixedTeam(Reach(can_be_told=self.can_be_told))
        self.conversations = conversations_of(
            self.core, store, self.clock, country=self.settings.country, team=self.team, observe=self.metrics.observe
        )
        parts = Parts(
            core=self.core,
            conversations=self.conversations,
            store=store,
            changes=self.changes,
            team=self.team,
            clock=self.clock,
            settings=self.settings,
            metrics=self.metrics,
        )
        self.app = make_app(parts)
        self._runner = make_runner(self.app)
        await self._runner.setup()
        await web.TCPSite(self._runner, HERE, self.port, reuse_address=True).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        """Stop serving, as on SIGTERM; all that was said is gone."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


class Place(Protocol):
    """Where Handrail is served."""

    @property
    def url(self) -> str:
        """Its address."""
        ...


@dataclass(frozen=True)
class Got:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.text)


class Visitor:
    """Someone with a conversation of their own."""

    def __init__(self, web_client: ClientSession, site: Place) -> None:
        """Take a client and a site; ``arrive`` starts the conversation."""
        self.client, self.site, self.id, self.token = web_client, site, "", ""

    async def arrive(self, **given: Any) -> Self:
        """Start a conversation."""
        started = await self.call("POST", "/api/v1/conversations", given)
        self.id, self.token = started.json["id"], started.json["token"]
        return self

    async def say(self, text: str, message_id: str | None = None) -> Any:
        """Say something; return the turn."""
        return (await self.post("messages", {"message_id": message_id or str(uuid.uuid4()), "text": text})).json

    async def post(self, what: str, body: Any) -> Got:
        """Call something of this conversation."""
        return await self.call("POST", self.path(what), body)

    async def get(self, what: str) -> Got:
        """Read something of this conversation."""
        return await self.call("GET", self.path(what))

    async def call(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Got:
        """Call anything, with the token unless another ``Authorization`` is given; ``raw`` is sent as it is."""
        sent = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        given = {"Authorization": f"Bearer {self.token}", **{key.replace("_", "-"): each for key, each in headers.items()}}
        async with self.client.request(
            method,
            self.site.url + path,
            data=io.BytesIO(sent) if sent else sent,
            headers={name: value for name, value in given.items() if value},
        ) as response:
            return Got(response.status, dict(response.headers), await response.text())

    @asynccontextmanager
    async def listen(self, last: str | None = None) -> AsyncIterator["Stream"]:
        """Follow this conversation, from the turn after ``last`` on."""
        headers = {"Authorization": f"Bearer {self.token}", **({"Last-Event-ID": last} if last is not None else {})}
        async with self.client.get(self.site.url + self.path("events"), headers=headers) as response:
            yield Stream(response)

    def path(self, what: str = "") -> str:
        """Where something of this conversation is."""
        return f"/api/v1/conversations/{self.id}/{what}".rstrip("/")


class Stream:
    """An open event stream."""

    def __init__(self, response: ClientResponse) -> None:
        """Take the response that carries it."""
        self.response = response

    async def next(self) -> tuple[str, str | None, Any] | None:
        """Return the next event as its name, its id and its data; None when the stream has ended."""
        block = ""
        while "event: " not in block:  # a ping, or word of when to come back
            block = (await self.response.content.readuntil(b"\r\n\r\n")).decode()
            if not block:
                return None
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line)
        return fields["event"], fields.get("id"), json.loads(fields["data"])
