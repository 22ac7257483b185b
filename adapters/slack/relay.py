"""Shows responders each case in its thread, and staff who asked what a person replied: each entry once and in order.

What is posted is noted in the store after it was posted. Where that is not certain, after a start or a failure, Slack itself
is asked whether a message stands already.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from weakref import WeakValueDictionary

from adapters.slack.blocks import Post, as_dicts, section
from adapters.slack.case_view import entry_in_thread, head_of
from adapters.slack.keys import Keys
from adapters.slack.poster import Poster
from adapters.slack.text import shown
from bot.errors import ConversationUnknown
from bot.model import Case, ConversationId, Entry, Fact, Happened, Owner, PersonSaid, Turn
from bot.ports import Changes, Clock, Store
from bot.relays import Carried, Place, Relays
from bot.replies import Replies, Setting

POLL_S = 5.0
REST_S = 0.2  # between two looks, however often something changes
ENDS = frozenset({Happened.BACK, Happened.CLOSED})
TOLD = frozenset({Happened.HERE, Happened.WAITING, *ENDS})  # to staff who asked
WAITS, ARRIVED, GONE = "hourglass_flowing_sand", "white_check_mark", "door"

log = logging.getLogger("handrail")


class ChannelIsShared(Exception):
    """People of other organisations could read it."""


class Relay:
    """Keeps Slack true to the store."""

    def __init__(
        self,
        *,
        store: Store,
        relays: Relays,
        changes: Changes,
        poster: Poster,
        keys: Keys,
        clock: Clock,
        replies: Replies,
        channel: str,
        base_url: str,
        on_call: str = "",
        has_left: Callable[[ConversationId], bool] = lambda _conversation_id: False,
    ) -> None:
        """Take the ports; ``channel`` is where cases appear, "" for nowhere, and ``on_call`` a mention for danger."""
        self._store, self._relays, self._changes = store, relays, changes
        self._poster, self._keys, self._clock, self._replies = poster, keys, clock, replies
        self._channel, self._base_url, self._on_call, self._has_left = channel, base_url, on_call, has_left
        self._sure: set[ConversationId] = set()  # what was posted of them is known, since this process did it
        self._locks: WeakValueDictionary[ConversationId, asyncio.Lock] = WeakValueDictionary()

    async def run(self) -> None:
        """Post what is new until cancelled."""
        woken = asyncio.Event()
        with self._changes.watch(None, woken.set):
            while True:
                woken.clear()
                try:
                    await self.once()
                except Exception as error:  # noqa: BLE001 - the store may be back the next time
                    log.warning("cases could not be shown in Slack", extra={"error": type(error).__name__})
                await asyncio.sleep(REST_S)
                with suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), POLL_S)

    async def once(self) -> None:
        """Post all that is new, the gravest case first; what Slack does not take is posted the next time."""
        if self._channel:
            cases = [each.conversation.id for each in await self._store.cases()]
            late = [each.conversation_id for each in await self._relays.behind("team")]
            for conversation_id in dict.fromkeys([*cases, *late]):
                await self._try(conversation_id, self.show)
        for channel, thread in await self._relays.to_clear():
            await self._clear(channel, thread)
        for place in await self._relays.behind("asker"):
            await self._try(place.conversation_id, self._tell_asker)

    async def show(self, conversation_id: ConversationId) -> Place | None:
        """Bring a case's thread up to date, and begin it where there is none.

        Raises:
            ChannelIsShared: people of other organisations could read it.
            SlackApiError: Slack did not take it.
        """
        async with self._locks.setdefault(conversation_id, asyncio.Lock()):
            place = await self._relays.place(conversation_id, "team")
            case = await self._store.case(conversation_id)
            if case is None or (place is None and case.standing.owner not in {Owner.QUEUED, Owner.PERSON}):
                return None
            if place is None or case.last_n > place.posted_n:
                if await self._poster.is_shared(self._channel):
                    raise ChannelIsShared
                place = await self._catch_up(case, place)
            await self._mark(case)
            return place

    async def _catch_up(self, case: Case, place: Place | None) -> Place | None:
        here = case.conversation.id
        entries = await self._store.entries(here)
        carried = {each.n for each in await self._relays.carried(here)}
        first = _opening(entries)
        is_open, moved, after = False, False, place.posted_n if place else first - 1
        for at, entry in enumerate(entries):
            opens = not is_open and (_opens(entry) or (place is None and entry.n == first))
            is_open = is_open or opens or (isinstance(entry, Fact) and entry.what is Happened.HERE)
            if entry.n > after and opens:
                place = await self._begin(case, entries[: at + 1], entry.n)
            elif entry.n > after and place is not None:
                if is_open and entry.n not in carried and (post := entry_in_thread(entry)) is not None:
                    await self._post(place, entry, post)
                await self._relays.posted(here, "team", entry.n)
                moved = moved or isinstance(entry, Fact)
            if isinstance(entry, Fact) and entry.what in ENDS:
                is_open = False
        if place is not None and moved:
            await self._refresh(case, place, entries)
        return place

    async def _begin(self, case: Case, entries: list[Entry], n: int) -> Place:
        """Post the message that a case's thread hangs on."""
        here = case.conversation.id
        key = self._keys.of("head", here, str(n))
        thread = "" if here in self._sure else await self._poster.found(self._channel, "", key)
        if not thread:
            is_urgent = case.standing.handoff is not None and case.standing.handoff.urgent
            mention = self._on_call if is_urgent and case.standing.owner is Owner.QUEUED else ""
            head = head_of(case, entries, base_url=self._base_url, mention=mention)
            thread = await self._poster.post(self._channel, head, key=key, is_urgent=is_urgent)
        place = Place(conversation_id=here, role="team", channel=self._channel, thread=thread, posted_n=n)
        await self._relays.keep_place(place)
        self._sure.add(here)
        return place

    async def _post(self, place: Place, entry: Entry, post: Post) -> None:
        here = place.conversation_id
        key = self._keys.of("entry", place.role, here, str(entry.n))
        if here in self._sure or not await self._poster.found(place.channel, place.thread, key):
            is_urgent = isinstance(entry, Turn) and entry.latched
            is_back = place.role == "team" and isinstance(entry, Fact) and entry.what is Happened.WAITING
            if is_back:  # nobody follows the thread of a case that somebody had
                post = Post(text=f"{self._on_call} {post.text}".strip(), blocks=())
            await self._poster.post(place.channel, post, thread=place.thread, key=key, is_urgent=is_urgent, for_all=is_back)
        self._sure.add(here)

    async def _refresh(self, case: Case, place: Place, entries: list[Entry]) -> None:
        """Let the head say who has the case now, with the buttons that fit."""
        head = head_of(case, entries, base_url=self._base_url)
        await self._poster.edit(place.channel, place.thread, head)

    async def _mark(self, case: Case) -> None:
        """Mark what was passed on: waiting, arrived, or that the visitor left before it did."""
        has_left = self._has_left(case.conversation.id)
        for each in await self._relays.carried(case.conversation.id):
            mark = ARRIVED if case.delivered_n >= each.n else GONE if has_left else WAITS
            if mark == each.mark:
                continue
            await self._poster.react(each.channel, each.ts, mark)
            if each.mark:
                await self._poster.react(each.channel, each.ts, each.mark, is_on=False)
            await self._relays.carry(
                Carried(conversation_id=each.conversation_id, channel=each.channel, ts=each.ts, n=each.n, mark=mark)
            )

    async def _clear(self, channel: str, thread: str) -> None:
        """Delete what was posted of a conversation that was erased; responders' own messages only they can delete."""
        try:
            while found := await self._poster.ours_in(channel, thread):
                for ts in found:
                    await self._poster.delete(channel, ts)
        except Exception as error:  # noqa: BLE001 - what is left is deleted the next time
            log.warning("an erased case is not deleted in Slack yet", extra={"error": type(error).__name__})
            return
        await self._relays.cleared(channel, thread)

    async def _tell_asker(self, conversation_id: ConversationId) -> None:
        """Post a person's replies, and who is there, where staff asked."""
        async with self._locks.setdefault(conversation_id, asyncio.Lock()):
            place = await self._relays.place(conversation_id, "asker")
            if place is None:
                return
            for entry in await self._store.entries(conversation_id, place.posted_n):
                post = self._for_asker(entry)
                if post is not None and place.user:
                    await self._poster.tell(place.user, post)
                elif post is not None:
                    await self._post(place, entry, post)
                await self._relays.posted(conversation_id, "asker", entry.n)

    def _for_asker(self, entry: Entry) -> Post | None:
        if isinstance(entry, PersonSaid):
            text = f"*{shown(entry.name)}*: {shown(entry.text)}"
        elif isinstance(entry, Fact) and entry.what in TOLD:
            said = self._replies.fact(entry.what, entry.name, Setting(today=self._clock.now().date()))
            text = f"_{shown(said)}_"
        else:
            return None
        return Post(text=text, blocks=as_dicts([section(text[:2_900])]))

    async def _try(self, conversation_id: ConversationId, work: Callable[[ConversationId], object]) -> None:
        try:
            await work(conversation_id)  # type: ignore[misc]
        except ConversationUnknown:
            self._sure.discard(conversation_id)
        except Exception as error:  # noqa: BLE001 - one case must not hold up the others
            self._sure.discard(conversation_id)
            log.warning("a case could not be shown in Slack", extra={"error": type(error).__name__})


def _opens(entry: Entry) -> bool:
    return isinstance(entry, Turn) and entry.handoff == "opened"


def _opening(entries: list[Entry]) -> int:
    """Return the entry that opened the last case; the last one, where somebody took a conversation that was none."""
    ended = max((entry.n for entry in entries if isinstance(entry, Fact) and entry.what in ENDS), default=0)
    return next((entry.n for entry in entries if entry.n > ended and _opens(entry)), entries[-1].n if entries else 0)
