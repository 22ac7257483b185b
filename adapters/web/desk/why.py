"""Why a conversation came to the team: what triage made of the message that opened it, in words for responders."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.web.desk import words
from adapters.web.desk.parts import Parts
from adapters.web.desk.views import Moment, moment
from bot.conversation import RECENT_TURNS
from bot.handoff import is_urgent
from bot.model import Handoff, Said, Turn
from bot.triage import Judgement
from bot.triage.kinds import KINDS

MAX_SHOWN_CHARS = 300
_LAYERS = {
    "rule": "A rule over words",
    "classifier": "The classifier",
    "conversation": "This message together with those before",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """An explanation."""

    n: int  # of the message
    at: Moment
    subject: str
    more: str
    layer: str
    rule: str  # which rule, where one fired
    heard: str  # which label, where the classifier raised it
    sentence: str
    held: tuple[str, ...]  # rules that an exception held back
    alarm: float  # how many times the threshold for danger was reached
    label: str  # of ``bot.triage.kinds.KINDS``, as far as it can be told; "" otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A case that another message of the conversation opened."""

    n: int
    at: Moment
    subject: str
    more: str


def others(parts: Parts, opened: Sequence[Handoff], turns: Sequence[Turn], why: Why | None) -> list[Opened]:
    """Return the cases that a conversation opened besides the one that is explained, oldest first."""
    found = []
    for handoff in opened:
        turn = opening(handoff, turns)
        if turn is not None and why is not None and turn.n != why.n:
            subject, more = words.subject_of(handoff)
            found.append(Opened(n=turn.n, at=moment(parts, turn.at), subject=subject, more=more))
    return found


def opening(handoff: Handoff | None, turns: Sequence[Turn]) -> Turn | None:
    """Return the message that opened a handoff; None without one."""
    ids = handoff.message_ids if handoff else ()
    return next((turn for turn in turns if turn.message_id in ids), None)


async def explain(parts: Parts, handoff: Handoff, turn: Turn, turns: Sequence[Turn]) -> Why:
    """Ask triage once more, off the event loop, as it was asked when the message came."""
    recent = [
        Said(text=each.visitor_text, concern=each.concern)
        for each in [each for each in turns if each.n < turn.n][-RECENT_TURNS:]
        if not is_urgent(each.kind)
    ]
    judged = await asyncio.to_thread(parts.triage.explain, turn.visitor_text, recent)
    fired = next((hit for hit in judged.hits if not hit.held), None) if judged.layer == "rule" else None
    subject, more = words.subject_of(handoff)
    if variant := words.VARIANTS.get(turn.variant):
        more = f"{more}, {variant}" if more else variant
    return Why(
        n=turn.n,
        at=moment(parts, turn.at),
        subject=subject,
        more=more,
        layer=_layer(handoff, judged),
        rule=fired.route.reason if fired else "",
        heard="" if fired else judged.route.reason.removeprefix("classifier: "),
        sentence=_cut(fired.sentence if fired else judged.part),
        held=tuple(dict.fromkeys(hit.route.reason for hit in judged.hits if hit.held)),
        alarm=round(judged.alarm, 1),
        label=label_of(handoff, turn, judged),
    )


def _layer(handoff: Handoff, judged: Judgement) -> str:
    if judged.layer:
        return _LAYERS.get(judged.layer, judged.layer)
    return "No layer by itself: it came near danger said before" if handoff.urgent else "Nothing: no answer fits it"


def label_of(handoff: Handoff, turn: Turn, judged: Judgement | None = None) -> str:
    """Return the label of training messages that fits a handoff; "" where none does."""
    variant = turn.variant or (judged.route.variant if judged else "")
    fits = {
        label: (route.variant == variant, route.about == handoff.about)
        for label, route in KINDS.items()
        if route.kind is handoff.kind
    }
    return max(fits, key=lambda label: fits[label], default="")


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_CHARS else text[:MAX_SHOWN_CHARS] + "…"
