"""What Slack sends, told apart and acknowledged."""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import rating as rating_view
from adapters.slack import responders as cases
from adapters.slack.answering import Answerer
from adapters.slack.asked import Asked, asked_by_button, asked_by_command, asked_by_shortcut, asked_in_event, bot_of
from adapters.slack.home import Home
from adapters.slack.inbox import KEEP_S, Received
from adapters.slack.poster import quiet
from adapters.slack.rating import Rating
from adapters.slack.responders import Responders
from bot.model import ConversationId

SHORTCUT = "what_do_we_say"
Body = Mapping[str, Any]
Next = Callable[[], Awaitable[BoltResponse]]
log = logging.getLogger("handrail")


class Listeners:
    """Takes events, commands, shortcuts and clicks, and gives each to whom it is for."""

    def __init__(
        self,
        *,
        answerer: Answerer,
        received: Received,
        home: Home,
        rating: Rating,
        responders: Responders,
        handoff_channel: str = "",
    ) -> None:
        """Take the parts that do the work."""
        self._responders, self._handoff_channel = responders, handoff_channel
        self._answerer, self._received, self._home, self._rating = answerer, received, home, rating
        self._beside: set[asyncio.Task[None]] = set()

    def app(self, client: AsyncWebClient, signing_secret: str) -> AsyncApp:
        """Return the Bolt app. Events are taken before it asks Slack who it is, since Slack may be away."""
        app = AsyncApp(
            logger=quiet,
            name="slack_bolt.app",  # Bolt sets the level of the logger of this name to that of the quiet one
            client=client,
            signing_secret=signing_secret,
            before_authorize=self.event,
        )
        app.command("/ask")(self.command)
        app.shortcut(SHORTCUT)(self.shortcut)
        app.action(re.compile(r"^choice_\d+$"))(self.choice)
        app.action("person")(self.person)
        app.action("share")(self.share)
        app.action("feedback")(self.feedback)
        app.action("open_desk")(self.nothing)
        app.view(rating_view.VIEW)(self.reason)
        for name in cases.BUTTONS:
            app.action(name)(self.case_button)
        app.action("close")(self.ask_verdict)
        app.view(cases.VIEW)(self.verdict)
        return app

    async def event(self, body: Body, next_: Next) -> BoltResponse:
        """Take an event, which is acknowledged as soon as it is kept; everything else goes on."""
        if body.get("type") != "event_callback":
            return await next_()
        try:
            await self._take_event(body)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            log.warning("an event of Slack could not be read", extra={"error": type(error).__name__})
            return BoltResponse(status=400, body="")
        return BoltResponse(status=200, body="")

    async def _take_event(self, body: Body) -> None:
        event = body["event"]
        if event["type"] == "app_home_opened":
            tab, user, channel = event.get("tab"), str(event["user"]), str(event.get("channel") or "")
            self._do(self._home.publish(user) if tab == "home" else self._home.suggest(channel))
            return
        if event["type"] == "message" and event.get("channel") == self._handoff_channel and await self._is_of_a_case(body):
            return
        asked = asked_in_event(body)
        if asked is not None and await self._is_meant(asked):
            await self._take(asked)

    async def _is_of_a_case(self, body: Body) -> bool:
        """Take what was typed, edited or deleted in the thread of a case; False for what is somewhere else."""
        event = body["event"]
        before = event.get("previous_message") or {}
        message = event.get("message") or before or event
        thread = str(message.get("thread_ts") or "")
        asked = asked_in_event(body)
        if not thread:
            return False
        if await self._answerer.relays.place_at("team", self._handoff_channel, thread) is None:
            is_ours = bool(event.get("parent_user_id")) and event.get("parent_user_id") == bot_of(body)
            if is_ours and asked is not None:
                self._do(self._responders.unknown(asked))
            return is_ours
        if event.get("subtype") == "message_deleted" or (asked is not None and asked.way == "edit"):
            user, ts = str(message.get("user") or ""), str(message["ts"])
            self._do(self._responders.changed(self._handoff_channel, thread, ts, user))
        elif asked is not None:
            await self._received.take(replace(asked, way="responder"))
        return True

    async def case_button(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """Do with a case what its button says; whoever can see the channel of cases may."""
        await ack()
        here = ConversationId(str(json.loads(action["value"])["c"]))
        channel = str(body["channel"]["id"])
        if channel == self._handoff_channel:
            self._do(self._responders.act(str(body["user"]["id"]), channel, here, str(action["action_id"])))

    async def ask_verdict(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """Ask what a case was."""
        await ack()
        channel = str(body["channel"]["id"])
        here = str(json.loads(action["value"])["c"])
        self._do(self._responders.ask_verdict(str(body["trigger_id"]), channel, here))

    async def verdict(self, ack: AsyncAck, body: Body, view: Body) -> None:
        """Close a case, once its verdict is whole."""
        if faults := self._responders.faults(view):
            await ack(response_action="errors", errors=faults)
            return
        await ack()
        self._do(self._responders.close(str(body["user"]["id"]), view))

    async def command(self, ack: AsyncAck, body: Body) -> None:
        """Take ``/ask``."""
        await self._take(asked_by_command(body))
        await ack()

    async def shortcut(self, ack: AsyncAck, body: Body) -> None:
        """Take "What do we say to this?"."""
        await self._take(asked_by_shortcut(body))
        await ack()

    async def choice(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """Take a question that was offered as a button."""
        value = json.loads(action["value"])
        await self._take(asked_by_button(body, value, str(value["q"]), "mention"))
        await ack()

    async def person(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """Take the wish for a person."""
        wish = self._answerer.conversations.replies.say("ask_person")
        await self._take(asked_by_button(body, json.loads(action["value"]), wish, "mention"))
        await ack()

    async def share(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """Take the wish to show an answer to the channel."""
        await self._take(asked_by_button(body, json.loads(action["value"]), "share", "share"))
        await ack()

    async def feedback(self, ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient) -> None:
        """Keep a thumb; ask why, where it points down."""
        await ack()
        value = json.loads(action["value"])
        if value["v"] == "down":
            self._do(self._rating.ask_why(client, str(body["trigger_id"]), value))
        self._do(self._rating.rate(value))

    async def reason(self, ack: AsyncAck, view: Body) -> None:
        """Keep the reason for a thumb."""
        await ack()
        self._do(self._rating.keep_reason(view))

    async def nothing(self, ack: AsyncAck) -> None:
        """Acknowledge a click that opens a page by itself."""
        await ack()

    async def close(self, within_s: float) -> None:
        """Wait a little for what is being done beside the inbox."""
        if self._beside:
            await asyncio.wait(self._beside, timeout=within_s)

    async def _take(self, asked: Asked) -> None:
        try:
            async with asyncio.timeout(KEEP_S):
                await self._answerer.begin(asked)
        except Exception as error:  # noqa: BLE001 - it is begun again when it is answered
            log.warning("a conversation could not be begun", extra={"error": type(error).__name__})
        await self._received.take(asked)

    async def _is_meant(self, asked: Asked) -> bool:
        try:
            async with asyncio.timeout(KEEP_S):
                return await self._answerer.is_meant(asked)
        except Exception as error:  # noqa: BLE001 - whether the bot is in that thread cannot be told
            log.warning("a thread could not be looked up", extra={"error": type(error).__name__})
            return False

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that a second click can ask for again; what fails is logged by its type."""
        task = asyncio.create_task(_quietly(work))
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001 - the edge of the process
        log.error("something asked in Slack failed", extra={"error": type(error).__name__})
