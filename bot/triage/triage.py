"""Puts the layers of triage together: the views of a message, the rules, the classifier, and the turns before."""

import re
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from bot.model import DANGER, Kind, Route, Said, Severity
from bot.text import Spelling, fold, sentences, tokenize
from bot.triage.classifier import MAX_CHARS, Classifier, ClassifierData
from bot.triage.kinds import CONCERNS, KINDS, URGENCY, URGENT, Heard, by_concern, graver, likeliest, listen
from bot.triage.rules import Hit, Rules, SafetyText, words_of
from bot.triage.views import Views

MAX_READ_CHARS = 8_400  # from each end of a longer message; danger may stand last
MIN_WORDS = 2  # different ones; a single word is left to the rules, since "no" and "bye" stand in many bad messages
HELD_DIVISOR = 8.0
# A rule that fires on words which the classifier hears as harmless ("in 2008 my brother had a seizure") is not dropped: the
# person gets the card for distress, with numbers, instead of the alarm. Share of the threshold for danger.
BORNE_OUT = 0.7
MANY_PARTS = 6  # sentences
PART_MARGIN = 1.2  # how far a long message may outweigh its loudest sentence
MIN_LANGUAGE = 0.6  # chance from which a language is named
LIKELY_LANGUAGE = 0.3  # enough to word a card by: whoever is in danger should read it in the likeliest language
MIN_LANGUAGE_WORDS = 3

# The turns before (research/safety.md, layer 6). Danger split over short turns is read as one text, which must be clearer
# than a single message, since words of different sentences meet in it. Unease that goes on for turns is distress.
MAX_JOINED_TURNS, MAX_JOINED_WORDS = 3, 14
JOINED_MARGIN = 1.3
UNEASY, UNEASE_TOGETHER = 0.35, 1.6  # shares of the threshold for danger: of this turn, and summed over the last six


_DANGERS = frozenset({URGENCY, Kind.DISTRESS.value})
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A route with everything that led to it; for editors and responders, never for visitors or logs."""

    route: Route
    layer: str  # "rule", "classifier", "conversation", or "" where nothing was raised
    views: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    shares: tuple[tuple[str, float], ...] = ()  # of its threshold that each concern reached, by the classifier
    labels: tuple[tuple[str, float], ...] = ()  # the classifier's strongest heads in the loudest part
    severity: Severity | None = None  # by the classifier, where it raised something
    part: str = ""  # the part of the message that speaks loudest

    @property
    def alarm(self) -> float:
        """How many times the threshold for a crisis or an emergency was reached, by the classifier; 0 without one."""
        return dict(self.shares).get(URGENCY, 0.0)


class Triage:
    """Says what a message is before anything else looks at it; pure and deterministic.

    A layer that fails takes no other down: the rest goes on, and the route names the layer and the type of its error. When
    neither the rules nor the classifier could look, the message is taken for distress.
    """

    def __init__(self, rules: Rules, classifier: Classifier | None = None, views: Views | None = None) -> None:
        """Join the layers; without a classifier the rules stand alone."""
        self._rules = rules
        self._classifier = classifier
        self._views = views

    @classmethod
    def of(
        cls,
        files: Iterable[SafetyText],
        classifier: ClassifierData | None = None,
        english: Set[str] = frozenset(),
    ) -> "Triage":
        """Compile the rules of a pack's safety files and join them to the classifier.

        Raises:
            ContentError: a pattern names a slot that is not there.
        """
        rules = Rules.of(files)
        if classifier is None:
            return cls(rules)
        return cls(rules, Classifier(classifier), Views(Spelling(classifier.words, english), classifier.words))

    def route(self, text: str, recent: Sequence[Said] = ()) -> Route:
        """Say what a message is, before retrieval.

        Danger found by either layer comes first; then what the rules say of the other kinds, then the classifier.

        Args:
            text: the message, of any length; past ``2 * MAX_READ_CHARS`` only both ends are read.
            recent: the visitor's turns before that raised no danger, oldest first.
        """
        return self.explain(text, recent).route

    def explain(self, text: str, recent: Sequence[Said] = ()) -> Judgement:
        """Say what a message is and why: which layer, which rule and words, which part."""
        failed: dict[str, str] = {}
        judged = alone = self._alone(text, failed)
        if alone.route.kind not in URGENT and recent:
            judged = _tried("conversation", failed, lambda: self._together(text, recent, alone, failed)) or alone
        return replace(judged, route=replace(judged.route, failed=tuple(failed.items()))) if failed else judged

    def _alone(self, text: str, failed: dict[str, str], margin: float = 1.0) -> Judgement:
        text = _ends(text)
        views = [text]
        if self._views is not None:
            views = _tried("views", failed, partial(self._views.of, text)) or views
        looked_up = _tried("rules", failed, lambda: self._rules.hits(views))
        hits = looked_up or []
        hit = next((hit for hit in hits if not hit.held), None)
        by_rule = hit.route if hit else None
        held = [hit.sentence for hit in hits if hit.held and hit.route.kind in DANGER]
        min_words = MIN_WORDS if looked_up is not None else 1  # without the rules nobody else looks at a single word
        learnt = _tried(
            "classifier", failed, lambda: self._learnt(views, held=held, margin=margin, min_words=min_words)
        ) or Judgement(route=Route(), layer="")
        if looked_up is None and (self._classifier is None or "classifier" in failed):
            return Judgement(route=Route(kind=Kind.DISTRESS, reason="every layer of triage failed"), layer="")
        judged = replace(learnt, views=tuple(views), hits=tuple(hits))
        if by_rule is None or (learnt.route.kind in DANGER and by_rule.kind not in URGENT):
            return judged
        if hit and by_rule.kind in URGENT and learnt.shares and not self._is_borne_out(hit, judged.alarm):
            by_rule = Route(kind=Kind.DISTRESS, reason=by_rule.reason)
        severity = graver(by_rule.severity, learnt.severity) if by_rule.kind in URGENT else None
        language = learnt.route.language
        if not language and self._classifier is not None and "classifier" not in failed:
            language = _language(self._classifier, text, LIKELY_LANGUAGE)
        described = replace(by_rule, severity=severity, language=language, concern=1.0)
        if by_rule.about == "self" and by_rule.kind is learnt.route.kind:
            described = replace(described, about=learnt.route.about)
        return replace(judged, route=described, layer="rule")

    def _is_borne_out(self, hit: Hit, alarm: float) -> bool:
        """Whether the classifier hears danger too, in the message or in the words that the rule matched.

        What people say of themselves needs no bearing out: rules only match plain statements.
        """
        of_oneself = hit.route.kind is Kind.CRISIS and hit.route.about == "self"
        if self._classifier is None or of_oneself or alarm >= BORNE_OUT:
            return True
        strengths = self._classifier.strengths(hit.matched)
        return strengths[URGENCY] >= BORNE_OUT * self._classifier.data.thresholds[URGENCY]

    def _learnt(self, views: Sequence[str], *, held: Sequence[str], margin: float, min_words: int) -> Judgement:
        if self._classifier is None:
            return Judgement(route=Route(), layer="")
        classifier = self._classifier.for_one_message()
        language = _language(classifier, views[0])
        if any(map(classifier.is_ordinary, views)) or len(set(_words(views[0]))) < min_words:
            return Judgement(route=Route(language=language), layer="")
        heard = [listen(classifier, view) for view in views]
        reached = {each: max(_reached(one, each, classifier.data) for one in heard) / margin for each in CONCERNS}
        unease = max(_reached(one, URGENCY, classifier.data, "unease") for one in heard) / margin
        if held:  # an exception that an editor wrote and tested explains what sounds like danger, in its own sentence
            rest = _without(views[0], held)
            heard_there = listen(classifier, rest) if rest else None
            for each in (URGENCY, Kind.DISTRESS.value):
                elsewhere = _reached(heard_there, each, classifier.data) / margin if heard_there else 0.0
                reached[each] = max(reached[each] / HELD_DIVISOR, elsewhere)
            unease = max(unease / HELD_DIVISOR, reached[URGENCY])
        shares = tuple(reached.items())
        raised = {each: share for each, share in reached.items() if share >= 1}
        if not raised and unease >= 1:
            raised = {Kind.DISTRESS.value: 1.0}
        if not raised:
            concern = min(1.0, max(unease, reached[Kind.DISTRESS]))
            return Judgement(route=Route(concern=concern, language=language), layer="", shares=shares)
        language = language or _language(classifier, views[0], LIKELY_LANGUAGE)
        first = raised.keys() & _DANGERS or raised.keys()  # danger and distress come before all else; of two the louder
        concern_name = max(first, key=lambda each: raised[each])
        label, part, strengths = _loudest(concern_name, classifier, views)
        severity = _severity(strengths) if KINDS[label].kind in URGENT else None
        route = replace(KINDS[label], severity=severity, language=language, reason=f"classifier: {label}", concern=1.0)
        labels = tuple(sorted(strengths.items(), key=lambda each: -each[1])[:6])
        return Judgement(
            route=route, layer="classifier", shares=shares, labels=labels, part=part, severity=_severity(strengths)
        )

    def _together(self, text: str, recent: Sequence[Said], alone: Judgement, failed: dict[str, str]) -> Judgement | None:
        """Read the message with the turns before: danger split over several, or unease that goes on."""
        said = [each.text for each in recent[-MAX_JOINED_TURNS:]]
        if alone.route.kind in {None, Kind.DISTRESS} and all(
            len(_words(each)) <= MAX_JOINED_WORDS for each in (*said[-1:], text)
        ):
            for n_turns in range(1, len(said) + 1):
                if len(_words(said[-n_turns])) > MAX_JOINED_WORDS:
                    break
                joined = self._alone(" ".join([*said[-n_turns:], text]), failed, JOINED_MARGIN)
                if joined.route.kind in URGENT:
                    return replace(joined, layer="conversation")
        unease = alone.route.concern + sum(each.concern for each in recent)
        if alone.route.kind is None and alone.route.concern >= UNEASY and unease >= UNEASE_TOGETHER:
            route = Route(kind=Kind.DISTRESS, language=alone.route.language, reason="unease over several turns", concern=1.0)
            return replace(alone, route=route, layer="conversation")
        return None


def _tried(layer: str, failed: dict[str, str], work: Callable[[], _Result | None]) -> _Result | None:
    """Return what a layer finds, or None when it fails, which is noted without a word of the message."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - whatever fails in one layer, the others must still look
        failed[layer] = type(error).__name__
        return None


def _reached(heard: Heard, concern: str, data: ClassifierData, threshold: str = "") -> float:
    """Return which share of its threshold a concern reaches, by the whole message or by its loudest sentence.

    Where no danger is at stake, unease included, a sentence must bear a long message out: thirty harmless questions add up
    to no medical one, and sixty sad sentences to no alarm.
    """
    whole = heard.whole[concern] / data.thresholds[threshold or concern]
    if heard.part is None:
        return whole
    part = heard.part[concern] / data.part_thresholds[threshold or concern]
    if (concern in _DANGERS and not threshold) or heard.n_parts < MANY_PARTS:
        return max(whole, part)
    return max(part, min(whole, PART_MARGIN * part))


def _loudest(concern: str, classifier: Classifier, views: Sequence[str]) -> tuple[str, str, dict[str, float]]:
    """Return the likeliest label of a concern, the part of the message that speaks loudest for it, and all it says there."""
    parts = dict.fromkeys(part for view in views for part in (view, *sentences(view)))
    heard = [(part, classifier.strengths(part)) for part in parts]
    part, strengths = max(heard, key=lambda each: by_concern(each[1])[concern])
    if concern != URGENCY:
        return next(label for label, route in KINDS.items() if route.kind == concern), part, strengths
    # Which danger it is shows in the whole: the sentence that speaks loudest need not name the person.
    whole = heard[0][1]
    labels = [label for label, route in KINDS.items() if route.kind in URGENT and label in strengths]
    label = max(labels, key=lambda each: strengths[each] + whole[each], default="crisis-self")
    return label, part, strengths


def _severity(strengths: dict[str, float]) -> Severity:
    name, _ = likeliest(strengths, "severity:")
    return "imminent" if name == "imminent" else "moderate" if name == "moderate" else "high"


def _without(text: str, held: Sequence[str]) -> str:
    """Return the sentences of a text that are none of those in which an exception stands."""
    rest = [each for each in sentences(text) if not any(words_of(each) in one or one in words_of(each) for one in held)]
    return " ".join(rest) if any(map(_words, rest)) else ""


def _language(classifier: Classifier, text: str, least: float = MIN_LANGUAGE) -> str:
    if len(_words(text)) < MIN_LANGUAGE_WORDS:
        return ""
    name, chance = likeliest(classifier.strengths(text), "language:")
    return name if chance >= least else ""


def _words(text: str) -> list[str]:
    return tokenize(fold(text[:MAX_CHARS]))


def _ends(text: str) -> str:
    if len(text) <= 2 * MAX_READ_CHARS:
        return text
    # Cut between words: half a word at the cut would look like another one.
    start = re.sub(r"\S+\Z", "", text[:MAX_READ_CHARS]) or text[:MAX_READ_CHARS]
    end = re.sub(r"\A\S+", "", text[-MAX_READ_CHARS:]) or text[-MAX_READ_CHARS:]
    return f"{start}\n{end}"
