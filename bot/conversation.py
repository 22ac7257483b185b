"""The path of one message, the only way into the core: triage, retrieval, decision, wording, record."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.content import Book
from bot.errors import StoreUnavailable
from bot.handoff import is_urgent, offer_of, open_for
from bot.model import (
    Abstained,
    Answered,
    AnswerId,
    Clarified,
    ConversationId,
    Decision,
    Escalated,
    Kind,
    Message,
    Owner,
    Relayed,
    Reply,
    Route,
    Said,
    SmallTalk,
    Turn,
)
from bot.policy import SMALLTALK_PREFIX, decide
from bot.ports import Clock, Handoffs, Transcript
from bot.replies import Replies, Setting
from bot.retrieval.search import MAX_QUERY_CHARS, NOTHING, Findings, Searcher
from bot.text import fold, tokenize
from bot.triage import Judgement, Triage

log = logging.getLogger("handrail")
RECENT_TURNS = 5  # read by triage together with the message
MAX_KEPT_CHARS = 20_000  # of a message, in the transcript; longer ones are pasted files, and nobody reads those to their end
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
        handoffs: Handoffs,
        clock: Clock,
        site: Site | None = None,
        reference: Callable[[ConversationId], str] = lambda _conversation_id: "-",
    ) -> None:
        """Join the parts; ``reference`` turns an id into what a log line may hold."""
        self.replies = Replies(book)
        self._searcher = searcher
        self._triage = triage
        self._transcript = transcript
        self._handoffs = handoffs
        self._clock = clock
        self._site = site or Site()
        self._reference = reference
        self._locale = book.locale
        self._topics = frozenset(book.smalltalk)
        self._subject = frozenset(word for each in book.subject_words for word in tokenize(fold(each)))

    async def handle(self, message: Message) -> Turn:
        """Decide on a message, word the reply, record the turn, and return it.

        A message id that was handled before gives the first turn again. When recording fails, the visitor still gets the
        reply where it is about safety, and otherwise an honest "something went wrong" with the numbers.
        """
        started = time.perf_counter()
        route = self._route(message, ())  # by itself first, so that danger needs neither store nor index
        try:
            known = await self._transcript.find(message.conversation_id, message.message_id)
            if known is not None:
                return known
            turns = await self._transcript.of(message.conversation_id)
            owner = await self._handoffs.owner(message.conversation_id)
            latched = await self._is_latched(turns, message.conversation_id)
        except StoreUnavailable as error:
            return self._unrecorded(message, route, error, started)
        if route.kind is None and turns:
            route = self._route(message, _said(turns[-RECENT_TURNS:]))
        text = _chosen(message.text, turns[-1] if turns else None)
        try:
            decision = self._decide(replace(message, text=text), route, turns, owner)
            kind = kind_of(decision)
            repeated = any(turn.kind is kind for turn in turns[-3:]) and kind is Kind.CRISIS
            setting = self._setting(message, route, n_turns=len(turns), latched=latched, repeated=repeated)
            reply = self.replies.of(decision, setting)
        except Exception as error:  # noqa: BLE001 - whatever fails here, the numbers and a way to a person are still shown
            return self._unrecorded(message, route, error, started)
        now = self._clock.now()
        turn = Turn(
            conversation_id=message.conversation_id,
            message_id=message.message_id,
            n=len(turns) + 1,
            at=now,
            visitor_text=_kept(message.text),
            kind=kind,
            answer_ids=_answer_ids(decision),
            score=round(_score_of(decision), 4),
            handoff=offer_of(decision),
            latched=latched or is_urgent(kind),
            reply=reply,
            ms=round((time.perf_counter() - started) * 1000, 2),
            concern=round(route.concern, 3),
            severity=route.severity,
            about=route.about,
        )
        handoff = open_for(message, kind, now, route) if turn.handoff == "opened" else None
        try:
            recorded = await self._transcript.append(turn, handoff)
        except StoreUnavailable as error:
            return self._unrecorded(message, route, error, started)
        log.info(
            "turn decided",
            extra={
                "conversation": self._reference(message.conversation_id),
                "kind": kind.value,
                "answers": list(turn.answer_ids),
                "score": turn.score,
                "ms": turn.ms,
            },
        )
        return recorded

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

    def _route(self, message: Message, recent: Sequence[Said]) -> Route:
        try:
            return self._triage.route(message.text, recent)
        except Exception as error:  # noqa: BLE001 - whatever fails here, the visitor must still reach a person
            log.error("triage failed", extra={"error": type(error).__name__})
            return Route(kind=Kind.DISTRESS, reason="triage failed")

    def _decide(self, message: Message, route: Route, turns: list[Turn], owner: Owner) -> Decision:
        findings = NOTHING
        if owner is not Owner.PERSON and (route.kind is None or route.kind is Kind.MEDICAL_ADVICE):
            findings = self._find(message.text, turns)
        return decide(
            route,
            findings,
            owner,
            calibration=self._searcher.calibration,
            on_subject=self._is_on_subject(message.text),
            too_long=len(message.text) > MAX_QUERY_CHARS,
            small_talk_topics=self._topics,
        )

    def _find(self, text: str, turns: list[Turn]) -> Findings:
        earlier = [
            turn.visitor_text
            for turn in turns
            if turn.kind in {Kind.ANSWER, Kind.CLARIFY, Kind.ABSTAIN, Kind.MEDICAL_ADVICE}
        ]
        return self._searcher.search(text, earlier)

    def _is_on_subject(self, text: str) -> bool:
        words = self._searcher.index.analyzer.tokens(text[:MAX_QUERY_CHARS])
        return not self._subject.isdisjoint(words)

    async def _is_latched(self, turns: list[Turn], conversation_id: ConversationId) -> bool:
        urgent = [turn.at for turn in turns if is_urgent(turn.kind)]
        if not urgent:
            return False
        cleared = await self._handoffs.latch_cleared_at(conversation_id)
        return cleared is None or urgent[-1] > cleared

    def _setting(
        self, message: Message, route: Route, *, n_turns: int = 0, latched: bool = False, repeated: bool = False
    ) -> Setting:
        return Setting(
            locale=message.locale if message.locale != self._locale else route.language,
            channel=message.channel,
            nth=n_turns,
            today=self._clock.now().date(),
            country=message.country,
            site_country=self._site.country,
            contact=self._site.contact,
            latched=latched,
            repeated=repeated,
        )

    def _unrecorded(self, message: Message, route: Route, error: Exception, started: float) -> Turn:
        """Serve what needs neither store nor index: the safety reply, or the numbers and an honest word."""
        log.error("turn not recorded", extra={"error": type(error).__name__})
        setting = replace(self._setting(message, route), recorded=False)
        if route.kind in NEEDS_NO_RECORD:
            decision: Decision = Escalated(kind=route.kind, route=route)
            reply: Reply = self.replies.of(decision, setting)
        else:
            decision, reply = Abstained(on_subject=False, score=0.0), self.replies.failure(setting)
        kind = kind_of(decision)
        return Turn(
            conversation_id=message.conversation_id,
            message_id=message.message_id,
            n=0,
            at=self._clock.now(),
            visitor_text=_kept(message.text),
            kind=kind,
            answer_ids=(),
            score=0.0,
            handoff="offered",
            latched=is_urgent(kind),
            reply=reply,
            ms=round((time.perf_counter() - started) * 1000, 2),
        )


def kind_of(decision: Decision) -> Kind:
    """Return the word for a decision that is used everywhere."""
    match decision:
        case Answered():
            return Kind.ANSWER
        case Clarified():
            return Kind.CLARIFY
        case SmallTalk():
            return Kind.SMALLTALK
        case Abstained():
            return Kind.ABSTAIN
        case Escalated(kind=kind):
            return kind
        case Relayed():
            return Kind.RELAYED


def _answer_ids(decision: Decision) -> tuple[AnswerId, ...]:
    match decision:
        case Answered(candidates=candidates):
            return tuple(each.answer_id for each in candidates)
        case Escalated(general=general) if general is not None:
            return (general.answer_id,)
        case SmallTalk(topic=topic):
            return (AnswerId(SMALLTALK_PREFIX + topic),)
        case _:
            return ()


def _score_of(decision: Decision) -> float:
    match decision:
        case Answered(candidates=candidates) | Clarified(candidates=candidates):
            return candidates[0].score
        case Abstained(score=score) | SmallTalk(score=score):
            return score
        case Escalated(general=general):
            return general.score if general else 1.0
        case Relayed():
            return 1.0


def _said(turns: Sequence[Turn]) -> list[Said]:
    """Return the turns that did not latch: what did is known, and must not be raised again with each turn after it."""
    return [Said(text=turn.visitor_text, concern=turn.concern) for turn in turns if not is_urgent(turn.kind)]


def _kept(text: str) -> str:
    return text if len(text) <= MAX_KEPT_CHARS else text[:MAX_KEPT_CHARS] + " […]"


def _chosen(text: str, last: Turn | None) -> str:
    """Return the question a visitor picked by its number, or the text as it is."""
    picked = text.strip().strip(".)#")
    if last is None or not picked.isdecimal() or len(picked) > 1 or not last.reply.choices:
        return text
    at = int(picked) - 1
    return last.reply.choices[at].label if 0 <= at < len(last.reply.choices) else text
