"""Conversations, handoffs and alerts in memory: the reference that the stores on disk must agree with."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain

from bot.errors import ConversationUnknown
from bot.handoff import Action, Closed, Spoke, Step, Told, TurnSaid, after, audited_as
from bot.handoff.ownership import UNANSWERED_AFTER, gravity
from bot.memory.small import LocalChanges
from bot.model import (
    Alert,
    Attempt,
    Case,
    Channel,
    Conversation,
    ConversationId,
    Entry,
    Erased,
    Fact,
    Handoff,
    MessageId,
    Owner,
    PersonSaid,
    Record,
    Responder,
    Standing,
    Turn,
)
from bot.ports import Changes
from bot.staff import Audited, Note, Rated


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a case was closed, and the messages that it was about."""

    action: Closed
    at: datetime
    message_ids: tuple[MessageId, ...]


@dataclass(slots=True)
class Kept:
    """All that belongs to one conversation, and goes with it."""

    conversation: Conversation
    standing: Standing = field(default_factory=Standing)
    entries: list[Entry] = field(default_factory=list)
    turns: dict[MessageId, Turn] = field(default_factory=dict)
    said: dict[MessageId, PersonSaid] = field(default_factory=dict)
    handoffs: list[Handoff] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    alert: Alert | None = None
    delivered_n: int = 0
    contact: str = ""
    closings: list[Closing] = field(default_factory=list)
    n_past: int = 0  # handoffs of cases that have ended
    notes: list[Note] = field(default_factory=list)
    ratings: dict[int, Rated] = field(default_factory=dict)
    settled: set[MessageId] = field(default_factory=set)


class ConversationsInMemory:
    """``Transcript``, ``Handoffs`` and ``Outbox`` in one, since a real store has them in one commit."""

    def __init__(self, max_conversations: int = 10_000, changes: Changes | None = None) -> None:
        """Take how many conversations to keep: the one idle longest goes first, those in danger and those who wait last."""
        self._max = max_conversations
        self._changes = changes or LocalChanges()
        self._kept: OrderedDict[ConversationId, Kept] = OrderedDict()
        self._audit: list[Audited] = []
        self._erased: dict[ConversationId, Erased] = {}
        self._generation = 0

    async def start(self, conversation: Conversation) -> None:
        """Record that a conversation begins."""
        self._kept.setdefault(conversation.id, Kept(conversation))
        self._forget_oldest()

    async def conversation(self, conversation_id: ConversationId) -> Conversation | None:
        """Return what is known of a conversation."""
        kept = self._kept.get(conversation_id)
        return kept.conversation if kept else None

    async def record(self, conversation_id: ConversationId, message_id: MessageId) -> Record:
        """Return all that is needed to decide on a message."""
        kept = self._kept.get(conversation_id)
        if kept is None:
            return Record()
        if (known := kept.turns.get(message_id)) is not None:
            return Record(known=known)
        return Record(turns=tuple(kept.turns.values()), standing=kept.standing)

    async def append(self, turn: Turn, handoff: Handoff | None = None) -> Turn:
        """Record a turn and what comes of it; once per message id."""
        here = turn.conversation_id
        if here in self._erased:
            raise ConversationUnknown
        kept = self._kept.get(here) or Kept(Conversation(id=here, channel=Channel.WEB, started_at=turn.at))
        if (known := kept.turns.get(turn.message_id)) is not None:
            return known
        step = after(kept.standing, TurnSaid.of(turn, handoff), turn.at)
        recorded = replace(turn, n=len(kept.entries) + 1)
        kept.turns[turn.message_id] = recorded
        kept.entries.append(recorded)
        if handoff is not None:
            kept.handoffs.append(handoff)
        self._take(kept, step, turn.at, begins=handoff.opened_at if handoff else turn.at)
        self._kept[here] = kept
        self._kept.move_to_end(here)
        self._forget_oldest()
        self._changes.notify(here)
        return recorded

    async def of(self, conversation_id: ConversationId) -> list[Turn]:
        """Return the turns of a conversation, oldest first."""
        kept = self._kept.get(conversation_id)
        return list(kept.turns.values()) if kept else []

    async def entries(self, conversation_id: ConversationId, after: int = 0) -> list[Entry]:
        """Return the entries after a number."""
        kept = self._kept.get(conversation_id)
        return kept.entries[after:] if kept else []

    async def erase(self, conversation_id: ConversationId, at: datetime) -> Erased:
        """Erase a conversation and keep the receipt."""
        kept = self._kept.pop(conversation_id, None)
        if kept is None and conversation_id in self._erased:
            return self._erased[conversation_id]
        if kept is None:
            return Erased(conversation_id=conversation_id, at=at, turns=0)
        token_hash = kept.conversation.token_hash
        receipt = Erased(conversation_id=conversation_id, at=at, turns=len(kept.turns), token_hash=token_hash)
        self._erased[conversation_id] = receipt
        self._changes.notify(conversation_id)
        return receipt

    async def receipt(self, conversation_id: ConversationId) -> Erased | None:
        """Return the receipt of a conversation that was erased."""
        return self._erased.get(conversation_id)

    async def opened(self, conversation_id: ConversationId) -> list[Handoff]:
        """Return the handoffs of a conversation, oldest first."""
        kept = self._kept.get(conversation_id)
        return list(kept.handoffs) if kept else []

    async def standing(self, conversation_id: ConversationId) -> Standing:
        """Return who owns a conversation now."""
        kept = self._kept.get(conversation_id)
        return kept.standing if kept else Standing()

    async def act(self, conversation_id: ConversationId, action: Action, at: datetime) -> Standing:
        """Do something to the ownership of a conversation."""
        kept = self._known(conversation_id)
        moment = _not_before(kept, at)
        step = after(kept.standing, action, moment)
        if isinstance(action, Closed):
            kept.closings.append(Closing(action=action, at=moment, message_ids=_meant(kept, action)))
        self._take(kept, step, moment, begins=at)
        self._note_action(kept, action, at)
        self._changes.notify(conversation_id)
        return kept.standing

    async def say(self, said: PersonSaid) -> PersonSaid:
        """Record what a responder wrote, once per message id."""
        kept = self._known(said.conversation_id)
        if (known := kept.said.get(said.message_id)) is not None:
            return known
        action = Spoke(by=Responder(id=said.responder, name=said.name))
        at = _not_before(kept, said.at)
        step = after(kept.standing, action, at)
        recorded = replace(said, n=len(kept.entries) + 1, at=at)
        kept.said[said.message_id] = recorded
        kept.entries.append(recorded)
        self._take(kept, step, at, begins=said.at)
        self._kept.move_to_end(said.conversation_id)
        self._note_action(kept, action, said.at)
        self._changes.notify(said.conversation_id)
        return recorded

    async def cases(self) -> list[Case]:
        """Return the conversations that wait or that a person owns."""
        open_ = [kept for kept in self._kept.values() if _waits(kept)]
        return [_case(kept) for kept in sorted(open_, key=_rank)]

    async def case(self, conversation_id: ConversationId) -> Case | None:
        """Return one conversation as a responder sees it."""
        kept = self._kept.get(conversation_id)
        return _case(kept) if kept else None

    async def delivered(self, conversation_id: ConversationId, n: int) -> None:
        """Note what the visitor's page has shown."""
        if (kept := self._kept.get(conversation_id)) is not None:
            kept.delivered_n = max(kept.delivered_n, min(n, len(kept.entries)))
            self._changes.notify(conversation_id)

    async def leave_contact(self, conversation_id: ConversationId, contact: str) -> None:
        """Keep what a visitor left."""
        self._known(conversation_id).contact = contact
        self._changes.notify(conversation_id)

    async def due(self, now: datetime, leased_until: datetime, limit: int = 20) -> list[Alert]:
        """Return and lease the alerts that are due."""
        ready = [kept for kept in self._kept.values() if kept.alert is not None and kept.alert.due_at <= now]
        found = []
        for kept in sorted(ready, key=_pressing)[:limit]:
            assert kept.alert is not None  # noqa: S101 - as looked for above
            found.append(replace(kept.alert, standing=kept.standing))
            kept.alert = replace(kept.alert, due_at=leased_until)
        return found

    async def next_due(self) -> datetime | None:
        """Return when the next alert is due."""
        return min((kept.alert.due_at for kept in self._kept.values() if kept.alert), default=None)

    async def tried(self, alert: Alert, attempts: Sequence[Attempt], *, step: int, tries: int, due_at: datetime) -> None:
        """Record attempts and when the ladder goes on."""
        kept = self._kept.get(alert.conversation_id)
        if kept is None:
            return
        kept.attempts.extend(attempts)
        if kept.alert is not None and kept.alert.generation == alert.generation:
            kept.alert = replace(kept.alert, step=step, tries=tries, due_at=due_at)

    async def attempts(self, conversation_id: ConversationId) -> list[Attempt]:
        """Return every attempt to reach somebody about a conversation."""
        kept = self._kept.get(conversation_id)
        return list(kept.attempts) if kept else []

    def _note_action(self, kept: Kept, action: Action, at: datetime) -> None:
        if isinstance(action, TurnSaid | Told):
            return
        did = audited_as(action)
        self._audit.append(Audited(at=at, by=action.by.id, did=did, conversation_id=kept.conversation.id))

    def _take(self, kept: Kept, step: Step, at: datetime, *, begins: datetime) -> None:
        """Record what an action made of a conversation; ``begins`` is what the clock says, for the alerts go by it."""
        kept.standing = step.standing
        if not _waits(kept):
            kept.n_past = len(kept.handoffs)
        for what, name in step.facts:
            here = kept.conversation.id
            kept.entries.append(Fact(conversation_id=here, n=len(kept.entries) + 1, at=at, what=what, name=name))
        runs = kept.alert is not None
        if step.alert == "stop":
            kept.alert = None
        elif step.alert == "start" or (step.alert == "later" and not runs) or (step.alert == "put_off" and runs):
            self._generation += 1
            begins = begins if step.alert == "start" else begins + UNANSWERED_AFTER
            kept.alert = Alert(
                conversation_id=kept.conversation.id,
                generation=self._generation,
                step=0,
                due_at=begins,
                started_at=begins,
                why=step.why,
                tries=0,
                standing=step.standing,
            )

    def _known(self, conversation_id: ConversationId) -> Kept:
        kept = self._kept.get(conversation_id)
        if kept is None:
            raise ConversationUnknown
        return kept

    def _forget_oldest(self) -> None:
        while len(self._kept) > self._max:
            self._kept.pop(self._dispensable())

    def _dispensable(self) -> ConversationId:
        oldest_first = list(self._kept.values())[:-1]  # never the one that was just written to
        calm = (each for each in oldest_first if not _waits(each) and not any(case.urgent for case in each.handoffs))
        alone = (each for each in oldest_first if not _waits(each))
        return next(chain(calm, alone, oldest_first)).conversation.id


def _meant(kept: Kept, closed: Closed) -> tuple[MessageId, ...]:
    """Return what a verdict is about: one message, or those that opened the case, of danger where there was any."""
    opened = kept.handoffs[kept.n_past :]
    graver = [each for each in opened if each.urgent] or opened
    return (closed.message_id,) if closed.message_id else tuple(each for one in graver for each in one.message_ids)


def _waits(kept: Kept) -> bool:
    return kept.standing.owner in {Owner.QUEUED, Owner.PERSON}


def _not_before(kept: Kept, at: datetime) -> datetime:
    """Return the time, or that of the last entry where the clock was set back: what is cleared was said before."""
    return max(at, kept.entries[-1].at) if kept.entries else at


def _case(kept: Kept) -> Case:
    return Case(
        conversation=kept.conversation,
        standing=kept.standing,
        last_at=kept.entries[-1].at if kept.entries else kept.conversation.started_at,
        last_n=len(kept.entries),
        delivered_n=kept.delivered_n,
        contact=kept.contact,
        verdict=kept.closings[-1].action.verdict if kept.closings else None,
    )


def _pressing(kept: Kept) -> tuple[bool, datetime, int]:
    assert kept.alert is not None  # noqa: S101 - only such are compared
    return not any(handoff.urgent for handoff in kept.handoffs), kept.alert.due_at, kept.alert.generation


def _rank(kept: Kept) -> tuple[tuple[bool, int], datetime]:
    return gravity(kept.standing.handoff), kept.standing.since or kept.conversation.started_at
