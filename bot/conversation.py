"""The path of one message, the only way into the core: triage, retrieval, decision, wording, record."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from weakref import WeakValueDictionary

from bot.content import Book
from bot.decisions import answer_ids_of, kind_of, score_of
from bot.errors import ConversationUnknown, OwnerChanged, StoreUnavailable
from bot.handoff import is_urgent, offer_of, open_for
from bot.handoff.latch import latch_of, not_before
from bot.model import (
    DANGER,
    ConversationId,
    Decision,
    Erased,
    Escalated,
    Handoff,
    Kind,
    Latch,
    Message,
    Owner,
    Record,
    Relayed,
    Reply,
    Route,
    Said,
    Turn,
)
from bot.policy import decide
from bot.ports import Clock, Reach, Team, Transcript
from bot.replies import Replies, Setting
from bot.retrieval.search import MAX_QUERY_CHARS, NOTHING, Findings, Searcher
from bot.text import fold, tokenize
from bot.triage import Judgement, Triage
from bot.triage.kinds import graver

log = logging.getLogger("handrail")
STORE_S = 2.0  # for reading a conversation, and for recording a turn; a store that takes longer counts as away
MAX_DECISIONS = 5  # on one message; each further one means that a responder took over or gave back in that millisecond
RECENT_TURNS = 5  # read by triage together with the message
MAX_KEPT_CHARS = 20_000  # of a message, in the transcript; longer ones are pasted files, and nobody reads those to their end
WITH_ANSWER = frozenset({None, Kind.MEDICAL_ADVICE, Kind.DISTRESS})  # kinds in which an answer may be shown
# While help is in view, half of what raises an alarm by itself is enough to say the message is part of it.
LATCHED_CONCERN = 0.5
NEEDS_NO_RECORD = frozenset({Kind.CRISIS, Kind.EMERGENCY, Kind.DISTRESS, Kind.SOURCING, Kind.MEDICAL_ADVICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the operator said about the site."""

    country: str | None = None
    contact: str | None = None


class Conversations:
    """Handles messages of any channel."""

    def __init__(
        self,
        *,
        book: Book,
        searcher: Searcher,
        triage: Triage,
        transcript: Transcript,
        clock: Clock,
        team: Team,
        site: Site | None = None,
        reference: Callable[[ConversationId], str] = lambda _conversation_id: "-",
        observe: Callable[[Turn], None] = lambda _turn: None,
    ) -> None:
        """Join the parts; ``reference`` turns an id into what a log line may hold, ``observe`` is given each new turn."""
        self.replies = Replies(book)
        self._searcher = searcher
        self._triage = triage
        self._transcript = transcript
        self._clock = clock
        self._team = team
        self._site = site or Site()
        self._reference = reference
        self._observe = observe
        self._locks: WeakValueDictionary[ConversationId, asyncio.Lock] = WeakValueDictionary()
        self._locale = book.locale
        self._topics = frozenset(book.smalltalk)
        self._subject = frozenset(word for each in book.subject_words for word in tokenize(fold(each)))

    async def handle(self, message: Message) -> Turn:
        """Decide on a message, word the reply, record the turn, and return it.

        A message id that was handled before gives the first turn again. An edit can only raise: where its new text is
        danger it is a new turn, otherwise the first turn of the message is given again. When recording fails, the visitor
        still gets the reply where it is about safety, and otherwise an honest "something went wrong" with the numbers.

        Messages of one conversation are handled one at a time, in the order in which they came. Where a responder takes the
        conversation over meanwhile, the store refuses the turn, and it is decided again.

        Raises:
            ConversationUnknown: the conversation was erased; danger gets its card all the same.
        """
        started = time.perf_counter()
        route = self._route(message, ())  # by itself first, so that danger needs neither store nor index
        latch: tuple[Latch, ...] = ()
        owner = Owner.BOT
        try:
            async with self._turn_of(message.conversation_id):
                for _ in range(MAX_DECISIONS):
                    async with asyncio.timeout(STORE_S):
                        record = await self._transcript.record(message.conversation_id, message.message_id)
                    if record.known is not None:
                        return record.known
                    latch, owner = latch_of(record), record.standing.owner
                    decided = self._decide(message, route, record, latch, started)
                    if not isinstance(decided, _Decided):
                        return decided or self._unrecorded(message, route, started, latch, owner)
                    route = decided.route
                    with contextlib.suppress(OwnerChanged):
                        async with asyncio.timeout(STORE_S):
                            turn = await self._transcript.append(decided.turn, decided.handoff)
                        self._log(turn)
                        return turn
            log.error("turn not recorded", extra=self._named(message, error=OwnerChanged.__name__))
        except ConversationUnknown:
            if route.kind not in DANGER:
                raise
        except Exception as error:  # noqa: BLE001 - however a store fails, it is away
            log.error("turn not recorded", extra=self._named(message, error=type(error).__name__))
        return self._unrecorded(message, route, started, latch, owner)

    @contextlib.asynccontextmanager
    async def _turn_of(self, conversation_id: ConversationId) -> AsyncIterator[None]:
        """Wait for the messages of a conversation that came before.

        Raises:
            TimeoutError: they take so long that the store must be away.
        """
        lock = self._locks.setdefault(conversation_id, asyncio.Lock())
        async with asyncio.timeout(2 * STORE_S):
            await lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def _decide(
        self, message: Message, route: Route, record: Record, latch: tuple[Latch, ...], started: float
    ) -> "_Decided | Turn | None":
        """Return the turn to record, or one that is on record and says it all; None where nothing can be said."""
        turns = record.turns
        edited = next((turn for turn in turns if turn.message_id == message.edit_of), None)
        recent = [turn for turn in turns if turn is not edited][-RECENT_TURNS:]
        if route.kind in {None, Kind.DISTRESS} and recent:
            route = self._route(message, _said(recent), route)
        is_attended = record.standing.owner is Owner.PERSON
        if latch and not is_attended and route.kind in {None, Kind.DISTRESS} and route.concern >= LATCHED_CONCERN:
            before = next(turn for turn in reversed(turns) if is_urgent(turn.kind))
            route = replace(
                route,
                kind=before.kind,
                about=before.about,
                severity=before.severity,
                variant=before.variant,
                reason="latched",
            )
        if edited is not None and edited.visitor_text == _kept(message.text):
            return edited
        if edited is not None and route.kind not in DANGER and not is_attended:  # a person must know what was meant
            return edited
        repeated = route.kind is Kind.CRISIS and any(_says_as_much(turn, route) for turn in turns[-3:])
        setting = self._setting(message, route, n_turns=len(turns), latch=latch, repeated=repeated, is_attended=is_attended)
        answered = self._answer(message, route, record, setting)
        if answered is None:
            return None
        decision, reply = answered
        kind = kind_of(decision)
        now = not_before(self._clock.now(), record)
        turn = Turn(
            conversation_id=message.conversation_id,
            message_id=message.message_id,
            n=len(turns) + 1,
            at=now,
            visitor_text=_kept(message.text),
            kind=kind,
            answer_ids=answer_ids_of(decision),
            score=round(score_of(decision), 4),
            handoff=offer_of(decision),
            latched=bool(latch) or is_urgent(kind),
            reply=reply,
            ms=round((time.perf_counter() - started) * 1000, 2),
            concern=round(route.concern, 3),
            severity=route.severity,
            about=route.about,
            variant=route.variant,
        )
        # By the clock, also where it was set back: the team is alerted from then on, and not when the clock is there again.
        handoff = open_for(message, kind, self._clock.now(), route) if turn.handoff == "opened" else None
        return _Decided(turn=turn, handoff=handoff, route=route)

    def _log(self, turn: Turn) -> None:
        self._observe(turn)
        log.info(
            "turn decided",
            extra={
                "conversation": self._reference(turn.conversation_id),
                "kind": turn.kind.value,
                "answers": list(turn.answer_ids),
                "score": turn.score,
                "ms": turn.ms,
            },
        )

    async def erase(self, conversation_id: ConversationId) -> Erased:
        """Erase a conversation, after the messages that came before; those that come after are refused.

        Raises:
            StoreUnavailable: nothing was erased.
        """
        try:
            async with self._turn_of(conversation_id), asyncio.timeout(STORE_S):
                return await self._transcript.erase(conversation_id, self._clock.now())
        except TimeoutError as error:
            raise StoreUnavailable from error

    def raises(self, text: str) -> bool:
        """Whether a message by itself is danger; it must be handled then, whatever limit was reached."""
        return self._triage.route(text, ()).kind in DANGER

    def slow_down(self, message: Message) -> str:
        """Return what somebody reads who writes too fast: to wait, and the number to call meanwhile."""
        return self.replies.limited(self._setting(message, Route())).text

    def unrecorded(self, message: Message) -> Turn:
        """Reply to a message without the store: by triage alone, or with the numbers and an honest word."""
        return self._unrecorded(message, self._route(message, ()), time.perf_counter(), (), Owner.BOT)

    async def explain(self, message: Message) -> Judgement:
        """Say why triage decides on a message as it does; ask before ``handle``, which records the turn.

        Raises:
            StoreUnavailable: the turns before cannot be read.
        """
        alone = self._triage.explain(message.text)
        if alone.route.kind is not None:
            return alone
        turns = await self._transcript.of(message.conversation_id)
        return self._triage.explain(message.text, _said(turns[-RECENT_TURNS:])) if turns else alone

    def _route(self, message: Message, recent: Sequence[Said], before: Route | None = None) -> Route:
        """Ask triage; ``before`` is what it made of the same message by itself, whose failures are in the log."""
        try:
            route = self._triage.route(message.text, recent)
        except Exception as error:  # noqa: BLE001 - whatever fails here, the visitor must still reach a person
            log.error("triage failed", extra=self._named(message, error=type(error).__name__))
            return Route(kind=Kind.DISTRESS, reason="triage failed")
        logged = {layer for layer, _ in before.failed} if before else set()
        for layer, name in route.failed:
            if layer not in logged:
                log.error("triage layer failed", extra=self._named(message, layer=layer, error=name))
        return route

    def _answer(self, message: Message, route: Route, record: Record, setting: Setting) -> tuple[Decision, Reply] | None:
        """Find, decide and word. What triage raised is worded whatever fails on the way; None where nothing can be said."""
        part = "retrieval"
        try:
            text = _chosen(message.text, record.turns[-1] if record.turns else None)
            findings = NOTHING
            if record.standing.owner is not Owner.PERSON and route.kind in WITH_ANSWER:
                findings = self._find(text, record.turns)
            on_subject = self._is_on_subject(text)
            calibration = self._searcher.calibration
            part = "policy"
            decision = decide(
                route,
                findings,
                record.standing.owner,
                calibration=calibration,
                on_subject=on_subject,
                too_long=len(text) > MAX_QUERY_CHARS,
                is_foreign=route.language not in {"", self._locale},
                small_talk_topics=self._topics,
            )
            part = "replies"
            reply = self.replies.of(decision, self._reached(setting) if offer_of(decision) else setting)
            return decision, self.replies.with_footer(reply, setting) if route.failed else reply
        except Exception as error:  # noqa: BLE001 - whatever fails here, the numbers and a way to a person are still shown
            log.error("turn failed", extra=self._named(message, part=part, error=type(error).__name__))
        if route.kind is None:
            return (Relayed(), Reply(text="")) if record.standing.owner is Owner.PERSON else None
        raised = Escalated(kind=route.kind, route=route)
        return raised, self._card(raised, setting)

    def _card(self, decision: Decision | None, setting: Setting) -> Reply:
        """Word what must be said, a failure where there is no decision; the plainest that can be said, if that fails too."""
        setting = self._reached(setting)
        settings = (setting, replace(setting, locale=""))
        ways = [partial(self.replies.of, decision, each) for each in settings] if decision else []
        for way in (*ways, *(partial(self.replies.failure, each) for each in settings)):
            try:
                return way()
            except Exception as error:  # noqa: BLE001 - as above
                log.error("wording failed", extra={"error": type(error).__name__})
        return self.replies.numbers(setting)

    def _reached(self, setting: Setting) -> Setting:
        """Add whether somebody can be reached. Where that can't be told, nobody is promised."""
        try:
            now = self._clock.now()
            return replace(setting, reach=self._team.reach(now), now=now)
        except Exception as error:  # noqa: BLE001 - as above
            log.error("team not known", extra={"error": type(error).__name__})
            return replace(setting, reach=Reach(can_be_told=False))

    def _named(self, message: Message, **fields: str) -> dict[str, str]:
        return {"conversation": self._reference(message.conversation_id), **fields}

    def _find(self, text: str, turns: Sequence[Turn]) -> Findings:
        earlier = [
            turn.visitor_text
            for turn in turns
            if turn.kind in {Kind.ANSWER, Kind.CLARIFY, Kind.ABSTAIN, Kind.MEDICAL_ADVICE}
        ]
        return self._searcher.search(text, earlier)

    def _is_on_subject(self, text: str) -> bool:
        words = self._searcher.index.analyzer.tokens(text[:MAX_QUERY_CHARS])
        return not self._subject.isdisjoint(words)

    def _setting(
        self,
        message: Message,
        route: Route,
        *,
        n_turns: int = 0,
        latch: tuple[Latch, ...] = (),
        repeated: bool = False,
        is_attended: bool = False,
    ) -> Setting:
        return Setting(
            locale=language if (language := message.locale.partition("-")[0].lower()) != self._locale else route.language,
            channel=message.channel,
            nth=n_turns,
            today=self._clock.now().date(),
            country=message.country,
            site_country=self._site.country,
            contact=self._site.contact,
            latch=latch,
            repeated=repeated,
            is_attended=is_attended,
        )

    def _unrecorded(self, message: Message, route: Route, started: float, latch: tuple[Latch, ...], owner: Owner) -> Turn:
        """Serve what needs neither store nor index: the safety reply, or the numbers and an honest word."""
        setting = replace(self._setting(message, route, latch=latch), recorded=False)
        # What was meant for a person gets no other card of the bot's: it must be said that it did not reach them.
        worded = DANGER if owner is Owner.PERSON else NEEDS_NO_RECORD
        raised = Escalated(kind=route.kind, route=route) if route.kind in worded else None
        reply = self._card(raised, setting)
        kind = raised.kind if raised else Kind.ABSTAIN
        turn = Turn(
            conversation_id=message.conversation_id,
            message_id=message.message_id,
            n=0,
            at=self._clock.now(),
            visitor_text=_kept(message.text),
            kind=kind,
            answer_ids=(),
            score=0.0,
            handoff="offered",
            latched=bool(latch) or is_urgent(kind),
            reply=reply,
            ms=round((time.perf_counter() - started) * 1000, 2),
        )
        self._observe(turn)
        return turn


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    """A turn that is ready to be recorded."""

    turn: Turn
    handoff: Handoff | None
    route: Route


def _says_as_much(turn: Turn, route: Route) -> bool:
    """Whether a turn's card was about the same danger, and no less grave: then it need not be said in full again."""
    same = (turn.kind, turn.about, turn.variant) == (route.kind, route.about, route.variant)
    return same and graver(turn.severity, route.severity) == turn.severity


def _said(turns: Sequence[Turn]) -> list[Said]:
    """Return the turns that did not latch: what did is known, and must not be raised again with each turn after it."""
    return [Said(text=turn.visitor_text, concern=turn.concern) for turn in turns if not is_urgent(turn.kind)]


def _kept(text: str) -> str:
    kept = text if len(text) <= MAX_KEPT_CHARS else text[:MAX_KEPT_CHARS] + " […]"
    # Half a surrogate pair is no text: a store that writes UTF-8 would refuse the turn, and with it the record of danger.
    return kept.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _chosen(text: str, last: Turn | None) -> str:
    """Return the question a visitor picked by its number, or the text as it is."""
    picked = text.strip().strip(".)#")
    if last is None or not picked.isdecimal() or len(picked) > 1 or not last.reply.choices:
        return text
    at = int(picked) - 1
    return last.reply.choices[at].label if 0 <= at < len(last.reply.choices) else text
