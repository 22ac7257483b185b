"""Sends messages to Slack: paced, with ``Retry-After`` honoured, and as plain text where blocks are refused."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.slack.blocks import Post
from adapters.slack.pace import Pace
from bot.ports import Clock
from bot.settings import Settings

TIMEOUT_S = 10
RETRIES = 5
KNOWN_FOR = timedelta(minutes=10)  # how long it is believed that a channel is shared, or is not
EVENT_TYPE = "handrail_message"  # of the metadata by which a message is found again after a restart
_ABOUT_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"})
_NOTHING_TO_DO = frozenset({"already_reacted", "no_reaction", "message_not_found"})

_GONE = frozenset({"thread_not_found", "message_not_found", "channel_not_found", "not_in_channel", "is_archived"})

log = logging.getLogger("handrail")
quiet = logging.getLogger("slack_bolt.quiet")  # Slack's libraries quote bodies and ids in what they log
quiet.setLevel(logging.CRITICAL + 1)


def make_client(settings: Settings) -> AsyncWebClient:
    """Return a client that waits as long as Slack asks, and tries again when Slack fails."""
    token = settings.slack_bot_token.reveal() if settings.slack_bot_token else None
    return AsyncWebClient(
        token=token,
        base_url=settings.slack_api_url.rstrip("/") + "/",
        timeout=TIMEOUT_S,
        logger=quiet,
        retry_handlers=[
            AsyncRateLimitErrorRetryHandler(max_retry_count=RETRIES),
            AsyncServerErrorRetryHandler(max_retry_count=2),
            AsyncConnectionErrorRetryHandler(max_retry_count=2),
        ],
    )


class Poster:
    """Sends messages. What Slack refuses is raised as ``SlackApiError``, whose words may be logged by type alone."""

    def __init__(self, client: AsyncWebClient, clock: Clock, pace: Pace | None = None) -> None:
        """Take the client that holds the token."""
        self.client, self._clock, self._pace = client, clock, pace or Pace()
        self._shared: dict[str, tuple[datetime, bool]] = {}

    async def post(
        self,
        channel: str,
        post: Post,
        *,
        thread: str = "",
        key: str = "",
        is_urgent: bool = False,
        for_all: bool = False,
    ) -> str:
        """Post a message and return its ``ts``; ``key`` is what it is found by, ``for_all`` shows it in the channel too."""
        await self._pace.turn(channel, is_urgent=is_urgent)
        given: dict[str, Any] = {"channel": channel, "text": post.text, "unfurl_links": False, "unfurl_media": False}
        if thread:
            given["thread_ts"] = thread
            given["reply_broadcast"] = for_all
        if key:
            given["metadata"] = {"event_type": EVENT_TYPE, "event_payload": {"key": key}}
        try:
            response = await self.client.chat_postMessage(**given, blocks=list(post.blocks))
        except SlackApiError as error:
            if code_of(error) not in _ABOUT_BLOCKS:
                raise
            log.error("Slack refused blocks", extra={"error": code_of(error)})
            response = await self.client.chat_postMessage(**given)
        return str(response["ts"])

    async def whisper(self, channel: str, user: str, post: Post, *, thread: str = "", response_url: str = "") -> None:
        """Say something that one person alone sees: where they asked, or else in a direct message."""
        if response_url and await self._respond(response_url, post):
            return
        try:
            await self.client.chat_postEphemeral(
                channel=channel, user=user, text=post.text, blocks=list(post.blocks), thread_ts=thread or None
            )
        except SlackApiError:
            await self.tell(user, post)

    async def react(self, channel: str, ts: str, name: str, *, is_on: bool = True) -> None:
        """Put a reaction to a message, or take it off; that it cannot be done stops nothing."""
        call = self.client.reactions_add if is_on else self.client.reactions_remove
        try:
            await call(channel=channel, timestamp=ts, name=name)
        except SlackApiError as error:
            if code_of(error) not in _NOTHING_TO_DO:
                log.warning("a reaction could not be set", extra={"error": code_of(error)})
        except Exception as error:  # noqa: BLE001 - as above
            log.warning("a reaction could not be set", extra={"error": type(error).__name__})

    async def is_shared(self, channel: str) -> bool:
        """Whether people of other organisations can read a channel; True where that cannot be told."""
        now = self._clock.now()
        known = self._shared.get(channel)
        if known is not None and now - known[0] < KNOWN_FOR:
            return known[1]
        try:
            found: Mapping[str, Any] = (await self.client.conversations_info(channel=channel))["channel"]
        except Exception as error:  # noqa: BLE001 - whoever may read along, nothing is shown to them then
            log.warning("a channel could not be looked up", extra={"error": type(error).__name__})
            return True
        is_shared = bool(found.get("is_ext_shared") or found.get("is_pending_ext_shared"))
        self._shared[channel] = now, is_shared
        return is_shared

    async def found(self, channel: str, thread: str, key: str) -> str:
        """Return the ``ts`` of a message with a key, among the newest of a thread or a channel; "" where there is none."""
        if thread:
            found = await self.client.conversations_replies(channel=channel, ts=thread, limit=100, include_all_metadata=True)
        else:
            found = await self.client.conversations_history(channel=channel, limit=15, include_all_metadata=True)
        for each in found["messages"]:
            if ((each.get("metadata") or {}).get("event_payload") or {}).get("key") == key:
                return str(each["ts"])
        return ""

    async def ours_in(self, channel: str, thread: str) -> list[str]:
        """Return some of our own messages in a thread, its first message last; none where nothing of ours is left."""
        try:
            found = await self.client.conversations_replies(channel=channel, ts=thread, limit=100, include_all_metadata=True)
        except SlackApiError as error:
            if code_of(error) in _GONE:
                return []
            raise
        messages = [each for each in found["messages"] if (each.get("metadata") or {}).get("event_type") == EVENT_TYPE]
        return sorted((str(each["ts"]) for each in messages), key=lambda ts: ts == thread)

    async def delete(self, channel: str, ts: str) -> None:
        """Delete a message of ours."""
        try:
            await self.client.chat_delete(channel=channel, ts=ts)
        except SlackApiError as error:
            if code_of(error) not in _GONE:
                raise

    async def edit(self, channel: str, ts: str, post: Post) -> None:
        """Put another text in the place of a message of ours."""
        await self.client.chat_update(channel=channel, ts=ts, text=post.text, blocks=list(post.blocks))

    async def tell(self, user: str, post: Post) -> None:
        """Say something in a direct message."""
        opened = await self.client.conversations_open(users=user)
        await self.post(str(opened["channel"]["id"]), post, is_urgent=True)

    async def _respond(self, url: str, post: Post) -> bool:
        """Answer where a command or a button was used; False where that address has expired."""
        webhook = AsyncWebhookClient(url, timeout=TIMEOUT_S, logger=quiet, retry_handlers=self.client.retry_handlers)
        try:
            response = await webhook.send(
                text=post.text, blocks=list(post.blocks), response_type="ephemeral", replace_original=False
            )
        except Exception as error:  # noqa: BLE001 - there is another way
            log.warning("an answer address could not be used", extra={"error": type(error).__name__})
            return False
        return response.status_code == 200

    def close(self) -> None:
        """Stop counting."""
        self._pace.close()


def code_of(error: SlackApiError) -> str:
    """Return Slack's own word for an error, which names nobody."""
    return str(error.response.get("error", "")) if hasattr(error.response, "get") else type(error).__name__
