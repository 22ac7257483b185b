"""What the property tests of the handoff share: a store in trouble, and what a conversation must be, kept by hand."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from typing import Literal, TypeVar, cast

from bot.assembly import Core
from bot.conversation import Conversations
from bot.errors import StoreUnavailable
from bot.handoff import (
    Action,
    Claimed,
    Cleared,
    Closed,
    Released,
    Requeued,
    Seen,
    TakenOver,
    Told,
    Transferred,
    TurnSaid,
)
from bot.memory import FixedClock, FixedTeam
from bot.model import ConversationId, Handoff, Kind, MessageId, Owner, PersonSaid, Record, Responder, Standing, Turn
from bot.ports import Store, Transcript

HERE = ConversationId("c-1")
URGENT = {Kind.CRISIS, Kind.EMERGENCY}
CARDS = URGENT | {Kind.DISTRESS}
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Done:
    """Something that the store has committed, and its time: never before that of the entry before it."""

    what: Turn | PersonSaid | Action
    at: datetime


class TroubledStore:
    """A store that yields to others around each call, or fails once, before or after its commit; it lists what it did."""

    def __init__(self, inner: Store, clock: FixedClock, pauses: Sequence[int] = (0,)) -> None:
        """Take the real store, and how often to yield to other tasks before and after each call, again and again."""
        self.inner = inner
        self.done: list[Done] = []
        self.fails: Literal["", "before", "after"] = ""
        self._clock = clock
        self._pauses = cycle(pauses)

    async def record(self, conversation_id: ConversationId, message_id: MessageId) -> Record:
        """Read, after a pause, and come back with it after another."""
        return await self._call(lambda: self.inner.record(conversation_id, message_id))

    async def append(self, turn: Turn, handoff: Handoff | None = None) -> Turn:
        """Record a turn."""
        return await self._call(lambda: self.inner.append(turn, handoff), lambda recorded: recorded)

    async def act(self, action: Action) -> Standing:
        """Do something to the ownership."""
        return await self._call(lambda: self.inner.act(HERE, action, self._clock.now()), lambda _: action)

    async def say(self, said: PersonSaid) -> PersonSaid:
        """Record what a responder wrote."""
        return await self._call(lambda: self.inner.say(said), lambda recorded: recorded)

    async def _call(
        self,
        ask: Callable[[], Awaitable[_Result]],
        listed: Callable[[_Result], Turn | PersonSaid | Action] | None = None,
    ) -> _Result:
        await self._pause()
        fails, self.fails = self.fails, ""
        if fails == "before":
            raise StoreUnavailable
        before = (await self.inner.entries(HERE))[-1:]
        at = max([self._clock.now(), *(each.at for each in before)])
        result = await ask()
        if listed is not None:
            self.done.append(Done(listed(result), at))
        if fails == "after":
            raise StoreUnavailable
        await self._pause()
        return result

    async def _pause(self) -> None:
        for _ in range(next(self._pauses)):
            await asyncio.sleep(0)


def conversations_on(core: Core, store: TroubledStore, clock: FixedClock) -> Conversations:
    """Join a core and a store that may fail."""
    return Conversations(
        book=core.book,
        searcher=core.searcher,
        triage=core.triage,
        transcript=cast("Transcript", store),  # the path of a message reads and records, and nothing else
        clock=clock,
        team=FixedTeam(),
    )


@dataclass
class Expected:
    """What a conversation must be after what was committed: kept by plain rules, without ``bot.handoff.after``."""

    owner: Owner = Owner.BOT
    who: Responder | None = None
    latched: bool = False
    alerts: bool = False  # whether a ladder runs, or is about to
    unseen: datetime | None = None  # since when there is danger that nobody reacted to
    gravest: int = 9
    words: list[Turn | PersonSaid] = field(default_factory=list)
    taken_by: list[str] = field(default_factory=list)

    def allows(self, action: Action) -> bool:
        """Whether that may be done now."""
        if isinstance(action, TurnSaid | Told):
            return True
        has_it = self.owner is Owner.PERSON and self.who == action.by
        is_free = self.owner is not Owner.PERSON
        match action:
            case Claimed():
                return is_free or has_it
            case Cleared():
                return is_free or has_it
            case Closed():
                return (has_it or self.owner is Owner.QUEUED) and self.unseen is None
            case Released():
                return has_it and self.unseen is None
            case Requeued() | Transferred():
                return has_it
            case _:
                return True

    def take(self, done: Done) -> None:
        """Take in what was committed; it fails where that should have been refused."""
        match done.what:
            case Turn() | PersonSaid() as again if again in self.words:
                pass  # what was sent twice
            case Turn() as turn:
                self._visitor_said(turn)
            case PersonSaid() as said:
                assert (self.owner, self.who and self.who.id) == (Owner.PERSON, said.responder)
                self.words.append(said)
                crossed = self.unseen is not None and timedelta(0) < said.at - self.unseen < timedelta(seconds=10)
                self.alerts, self.unseen = (True, self.unseen) if crossed else (False, None)
            case action:
                assert self.allows(action)
                self._responder_did(action, done.at)

    def _visitor_said(self, turn: Turn) -> None:
        self.words.append(turn)
        was_latched, self.latched = self.latched, self.latched or turn.kind in URGENT
        assert turn.latched or not was_latched
        opens = turn.handoff == "opened"
        if self.owner is Owner.PERSON:
            self._heard_by_a_person(turn)
        else:
            assert turn.kind is not Kind.RELAYED
            assert turn.reply.text
            if self.owner is Owner.QUEUED and turn.kind in URGENT and _gravity(turn) < self.gravest:
                self.unseen = turn.at
            if self.owner is not Owner.QUEUED:
                self.owner = Owner.QUEUED if opens else Owner.BOT
                self.alerts = opens
        self.gravest = min(self.gravest, _gravity(turn)) if opens else self.gravest

    def _heard_by_a_person(self, turn: Turn) -> None:
        self.alerts = True
        assert turn.answer_ids == (), "the bot answered while a person owns the conversation"
        assert turn.kind in CARDS or (turn.kind, turn.reply.text) == (Kind.RELAYED, "")
        if turn.kind in URGENT:
            self.unseen = turn.at

    def _responder_did(self, action: Action, at: datetime) -> None:
        match action:
            case Claimed(by=by) | TakenOver(by=by):
                self._is_taken(by)
                self.unseen = None  # alerts wait for a reply, and come again without one
            case Transferred(to=to):
                self._is_taken(to)
                self.alerts, self.unseen = True, at
            case Requeued():
                self.owner, self.who, self.alerts, self.unseen = Owner.QUEUED, None, True, None
            case Released(clear=clear):
                self._ends(Owner.BOT, clears=clear)
            case Closed(verdict=verdict, clear=clear):
                self._ends(Owner.CLOSED, clears=clear or verdict in {"false_alarm", "test"})
            case Cleared():
                self.latched = False
            case Seen() if self.owner is Owner.QUEUED:
                self.unseen = None

    def _is_taken(self, by: Responder) -> None:
        if self.who != by:
            self.taken_by.append(by.name)
        self.owner, self.who = Owner.PERSON, by

    def _ends(self, owner: Owner, *, clears: bool) -> None:
        self.owner, self.who, self.alerts, self.unseen, self.gravest = owner, None, False, None, 9
        self.latched = self.latched and not clears


def _gravity(turn: Turn) -> int:
    severities = ["imminent", "high", "moderate"]
    return severities.index(turn.severity or "high") if turn.kind in URGENT else 8
