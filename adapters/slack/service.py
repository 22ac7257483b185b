"""Slack as one part that ``run_bot.py`` joins: its routes for the web server, and what runs beside it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakValueDictionary

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from adapters.slack.alert import SlackAlerts, mention_of
from adapters.slack.answering import Answerer
from adapters.slack.asked import Asked
from adapters.slack.home import Home
from adapters.slack.inbox import CLOSE_S, Received
from adapters.slack.keys import Keys
from adapters.slack.listeners import Listeners
from adapters.slack.pace import Pace
from adapters.slack.poster import Poster, make_client, quiet
from adapters.slack.rating import Rating
from adapters.slack.relay import Relay
from adapters.slack.responders import Responders
from bot.content import Book
from bot.conversation import Conversations
from bot.model import ConversationId
from bot.ports import Changes, Clock, Store
from bot.relays import Inbox, Relays
from bot.settings import Secret, Settings

PATH = "/slack/events"
NO_TOKEN = "Slack is off: SLACK_BOT_TOKEN is not set, and without it nothing can be said there (docs/slack.md)."  # noqa: S105
NO_WAY_IN = (
    "Slack is off: neither SLACK_SIGNING_SECRET nor SLACK_APP_TOKEN is set. Without the first nobody could tell Slack's "
    "calls from forged ones, so /slack/events does not exist (docs/slack.md)."
)
RETRY_S = 30.0
log = logging.getLogger("handrail")


class SlackStore(Store, Inbox, Relays, Protocol):
    """The store with what Slack needs besides."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What Slack is joined with."""

    settings: Settings
    conversations: Conversations
    book: Book
    store: SlackStore
    clock: Clock
    changes: Changes
    has_left: Callable[[ConversationId], bool] = lambda _conversation_id: False
    pace: Pace | None = None


def why_not(settings: Settings) -> str:
    """Return why Slack is off, where somebody meant it to be on; empty where it is on, or was not meant."""
    has_way_in = settings.slack_signing_secret or settings.slack_app_token
    if settings.slack_bot_token is None:
        return NO_TOKEN if has_way_in else ""
    return "" if has_way_in else NO_WAY_IN


def is_on(settings: Settings) -> bool:
    """Whether Slack can be served."""
    return settings.slack_bot_token is not None and not why_not(settings)


class SlackService:
    """Slack, while the process runs."""

    def __init__(self, parts: Parts) -> None:
        """Join the parts; nothing is sent yet."""
        settings = parts.settings
        self._settings = settings
        self.poster = Poster(make_client(settings), parts.clock, parts.pace)
        keys = Keys(_secret_of(settings))
        self.answerer = Answerer(
            conversations=parts.conversations,
            store=parts.store,
            relays=parts.store,
            poster=self.poster,
            keys=keys,
            clock=parts.clock,
            allowed=frozenset(settings.slack_shared_channels),
            locks=WeakValueDictionary(),
        )
        channel, on_call = settings.slack_handoff_channel or "", mention_of(settings.slack_on_call)
        self.responders = Responders(
            store=parts.store,
            relays=parts.store,
            changes=parts.changes,
            poster=self.poster,
            keys=keys,
            clock=parts.clock,
        )
        self.relay = Relay(
            store=parts.store,
            relays=parts.store,
            changes=parts.changes,
            poster=self.poster,
            keys=keys,
            clock=parts.clock,
            replies=parts.conversations.replies,
            channel=channel,
            base_url=settings.base_url,
            on_call=on_call,
            has_left=parts.has_left,
        )
        self.alerts: tuple[SlackAlerts, ...] = (SlackAlerts(self.relay, self.poster, channel, on_call),) if channel else ()
        self.received = Received(parts.store, keys, parts.clock, self._work)
        self._listeners = Listeners(
            answerer=self.answerer,
            received=self.received,
            home=Home(self.poster, parts.conversations, parts.book, parts.store, settings.base_url),
            rating=Rating(parts.store, parts.clock),
            responders=self.responders,
            handoff_channel=channel,
        )
        self.app: AsyncApp = self._listeners.app(self.poster.client, _reveal(settings.slack_signing_secret))

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """The address that Slack calls; none without a signing secret."""
        return [web.post(PATH, self._serve)] if self._settings.slack_signing_secret else []

    async def run(self) -> None:
        """Work until cancelled: on what was left undone, and on what comes by Socket Mode where that is set."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.received.run())
            group.create_task(self.relay.run())
            if self._settings.slack_app_token is not None:
                group.create_task(self._listen(self._settings.slack_app_token))

    async def close(self) -> None:
        """Let what is being done end, once ``run`` has ended for good."""
        await self._listeners.close(CLOSE_S)
        self.poster.close()

    async def _work(self, asked: Asked, key: str, is_again: bool) -> None:  # noqa: FBT001 - as the inbox calls it
        if asked.way == "responder":
            await self.responders.said(asked)
        else:
            await self.answerer.answer(asked, key, is_again)

    async def _serve(self, request: web.Request) -> web.Response:
        """Give a call of Slack to Bolt, which refuses what is not signed by it, or was more than five minutes ago."""
        if not request.headers.get("X-Slack-Request-Timestamp", "").isdecimal():
            return web.Response(status=401)  # Bolt would take it for a fault of ours
        try:
            body = (await request.read()).decode()
            bolt = AsyncBoltRequest(body=body, query=request.query_string, headers=dict(request.headers))
        except (ValueError, TypeError, AttributeError):  # neither JSON nor a form, or of a shape that Slack's never has
            return web.Response(status=400)
        return await to_aiohttp_response(await self.app.async_dispatch(bolt))

    async def _listen(self, token: Secret) -> None:
        """Hold a socket to Slack open; its client connects again by itself once it was connected."""
        handler = AsyncSocketModeHandler(self.app, token.reveal(), logger=quiet, web_client=self.poster.client)
        try:
            while True:
                try:
                    await handler.connect_async()  # type: ignore[no-untyped-call]
                    break
                except Exception as error:  # noqa: BLE001 - Slack is away, or the token is wrong
                    log.error("no socket to Slack", extra={"error": type(error).__name__})
                    await asyncio.sleep(RETRY_S)
            await asyncio.Event().wait()
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]


def _secret_of(settings: Settings) -> str:
    """Return the key for ids: one that lasts, since a thread must be the same conversation after a restart."""
    given = (settings.token_secret, settings.slack_signing_secret, settings.slack_app_token, settings.slack_bot_token)
    return next(_reveal(each) for each in given if each is not None)


def _reveal(secret: Secret | None) -> str:
    return secret.reveal() if secret else ""
