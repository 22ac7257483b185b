"""Answers what somebody asks in Slack: where they asked, or to them alone where others must not see it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from weakref import WeakValueDictionary

from adapters.slack.asked import Asked
from adapters.slack.blocks import PRIVATE, Post, plain, posts_of
from adapters.slack.keys import Keys
from adapters.slack.poster import Poster
from adapters.slack.text import shown
from bot.conversation import Conversations
from bot.errors import ConversationUnknown
from bot.model import Channel, Conversation, ConversationId, Message, Turn
from bot.ports import Clock, Store
from bot.relays import Place, Relays

NOT_HERE = (
    "I do not answer in channels that other organisations can read, unless whoever runs me has allowed the channel. "
    "Ask me in a direct message, or with /ask."
)
ERASED = "This conversation was erased. Please begin a new one."
NO_TEXT = "I can only read text, and there was none in that message. Please type the question."
EYES = "eyes"
PASSED_ON = "incoming_envelope"

log = logging.getLogger("handrail")


@dataclass(frozen=True, kw_only=True)
class Answerer:
    """Brings a message to the core, and its reply to Slack."""

    conversations: Conversations
    store: Store
    relays: Relays
    poster: Poster
    keys: Keys
    clock: Clock
    allowed: frozenset[str]  # channels shared with other organisations in which questions may be answered
    locks: WeakValueDictionary[str, asyncio.Lock]

    def conversation_of(self, asked: Asked) -> ConversationId:
        """Return the conversation that a message belongs to."""
        if asked.conversation:
            return ConversationId(asked.conversation)
        thread = f"{asked.user} {asked.ts}" if asked.way == "private" else asked.thread
        return self.keys.conversation(asked.team, asked.channel, thread)

    async def is_meant(self, asked: Asked) -> bool:
        """Whether a message is for the bot: in a thread that it is not in, nothing is, and no word of it is kept."""
        if asked.way not in {"thread", "edit"} or (asked.is_direct and asked.way == "thread"):
            return True
        return await self.store.conversation(self.conversation_of(asked)) is not None

    async def begin(self, asked: Asked) -> None:
        """Have the conversation known before a message is acknowledged, or what follows at once would be missed."""
        await self.store.start(
            Conversation(id=self.conversation_of(asked), channel=Channel.SLACK, started_at=self.clock.now())
        )

    async def answer(self, asked: Asked, _key: str, is_again: bool) -> None:  # noqa: FBT001 - as the inbox calls it
        """Answer a message, or show a turn to a channel."""
        async with self._in_turn(self.conversation_of(asked)):
            if asked.way == "share":
                await self._share(asked)
            elif await self._may_answer(asked):
                await self._answer(asked, is_again=is_again)

    async def _may_answer(self, asked: Asked) -> bool:
        """Whether a question may be answered where it was asked. Danger always is, since that only the asker sees."""
        if asked.way == "private" or asked.is_direct or not await self._is_closed(asked):
            return True
        if self.conversations.raises(asked.text):
            return True
        if asked.way != "edit":
            await self._whisper(asked, plain(NOT_HERE))
        return False

    async def _is_closed(self, asked: Asked) -> bool:
        if asked.channel in self.allowed:
            return False
        return asked.is_shared or await self.poster.is_shared(asked.channel)

    async def _answer(self, asked: Asked, *, is_again: bool) -> None:
        message = self._message(asked)
        is_first = asked.way == "mention" and asked.thread == asked.ts
        if is_first:
            await self.poster.react(asked.channel, asked.ts, EYES)
        try:
            turn = await self._handled(message)
            if turn is None:
                await self._whisper(asked, plain(ERASED))
            elif turn.message_id == message.message_id:  # an edit that raises nothing gives the turn of what it edits
                await self._reply(asked, turn, is_again=is_again)
                await self._note(asked, turn)
        finally:
            if is_first:
                await self.poster.react(asked.channel, asked.ts, EYES, is_on=False)

    async def _handled(self, message: Message) -> Turn | None:
        """Return the turn; None where the conversation was erased."""
        try:
            with contextlib.suppress(Exception):  # a store that is away: the core says so in its reply
                await self.store.start(
                    Conversation(id=message.conversation_id, channel=Channel.SLACK, started_at=message.at)
                )
            return await self.conversations.handle(message)
        except ConversationUnknown:
            return None
        except Exception as error:  # noqa: BLE001 - whatever fails here, the asker must read something
            log.error("a message of Slack failed", extra={"error": type(error).__name__})
            return self.conversations.unrecorded(message)

    async def _reply(self, asked: Asked, turn: Turn, *, is_again: bool) -> None:
        if not asked.text and turn.kind not in PRIVATE:
            await self._say(asked, plain(NO_TEXT), key=turn.message_id)
        elif not turn.reply.text:
            if asked.way != "private" and " " not in asked.ts:
                await self.poster.react(asked.channel, asked.ts, PASSED_ON)
        elif self._is_private(asked, turn):
            await self._whisper(asked, posts_of(turn, can_share=asked.way == "private"))
        elif not is_again or not await self.poster.found(asked.channel, asked.thread, turn.message_id):
            await self._say(asked, posts_of(turn), key=turn.message_id, is_urgent=turn.latched)

    def _is_private(self, asked: Asked, turn: Turn) -> bool:
        if asked.way == "private":
            return True
        return not asked.is_direct and (turn.kind in PRIVATE or turn.latched)

    async def _say(self, asked: Asked, posts: list[Post], *, key: str, is_urgent: bool = False) -> None:
        for n, post in enumerate(posts):
            mark = key if n == len(posts) - 1 else ""
            await self.poster.post(asked.channel, post, thread=asked.thread, key=mark, is_urgent=is_urgent)

    async def _whisper(self, asked: Asked, posts: list[Post]) -> None:
        for post in posts:
            await self.poster.whisper(asked.channel, asked.user, post, thread=asked.thread, response_url=asked.response_url)

    async def _note(self, asked: Asked, turn: Turn) -> None:
        """Keep where the conversation is, so that a person's reply finds its way back to it."""
        with contextlib.suppress(Exception):  # the reply was given; without this a responder's words stay on the desk
            known = await self.relays.place(turn.conversation_id, "asker")
            await self.relays.keep_place(
                Place(
                    conversation_id=turn.conversation_id,
                    role="asker",
                    channel=asked.channel,
                    thread=asked.thread,
                    user=asked.user if self._is_private(asked, turn) else "",
                    posted_n=known.posted_n if known else turn.n,  # what a person said meanwhile is still to be posted
                )
            )

    async def _share(self, asked: Asked) -> None:
        """Show a turn that one person saw to the whole channel, never danger, and never where others read along."""
        if asked.channel not in self.allowed and await self.poster.is_shared(asked.channel):
            await self._whisper(asked, plain(NOT_HERE))
            return
        turns = await self.store.of(self.conversation_of(asked))
        turn = next((each for each in turns if each.n == asked.n and each.kind not in PRIVATE and not each.latched), None)
        if turn is None:
            await self._whisper(asked, plain(ERASED))
            return
        key = f"shared {asked.ts}"
        question = Post(text=f"<@{asked.user}> asked: {shown(turn.visitor_text)[:2_000]}")
        await self.poster.post(asked.channel, question)
        for post in posts_of(turn):
            await self.poster.post(asked.channel, post, key=self.keys.of(key))

    def _message(self, asked: Asked) -> Message:
        first = self.keys.message(asked.channel, asked.ts)
        is_edit = asked.way == "edit"
        return Message(
            conversation_id=self.conversation_of(asked),
            message_id=self.keys.message(asked.channel, asked.ts, asked.edited) if is_edit else first,
            text=asked.text,
            at=self.clock.now(),
            channel=Channel.SLACK,
            edit_of=first if is_edit else None,
        )

    @contextlib.asynccontextmanager
    async def _in_turn(self, conversation_id: ConversationId) -> AsyncIterator[None]:
        """Answer the messages of a thread in the order in which they came."""
        async with self.locks.setdefault(conversation_id, asyncio.Lock()):
            yield
