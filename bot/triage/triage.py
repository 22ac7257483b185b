"""Puts the layers of triage together: the views of a message, the rules, the classifier, and the turns before."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.model import Kind, Route, Said, Severity
from bot.text import Spelling, fold, sentences, tokenize, trusted
from bot.triage.classifier import MAX_CHARS, Classifier, ClassifierData
from bot.triage.kinds import DANGER, KINDS, ORDER, URGENT, Heard, graver, kind_of_label, likeliest, listen
from bot.triage.rules import Hit, Rules, RuleText
from bot.triage.views import Views

MAX_READ_CHARS = 8_400  # from each end of a longer message; danger may stand last
# Missing a person in danger is worse than showing numbers for nothing, so danger needs half the lead over other kinds.
DANGER_WEIGHT = 2.0
MIN_WORDS = 2  # different ones; a single word is left to the rules, since "no" and "bye" stand in many bad messages
HELD_DIVISOR = 8.0
MANY_PARTS = 6  # sentences
PART_MARGIN = 1.2  # how far a long message may outweigh its loudest sentence
MIN_LANGUAGE = 0.6  # chance from which a language is named
MIN_LANGUAGE_WORDS = 3

# The turns before (research/safety.md, layer 6). Danger split over short turns is read as one text, which must be clearer
# than a single message, since words of different sentences meet in it. Unease that goes on for turns is distress.
MAX_JOINED_TURNS, MAX_JOINED_WORDS = 3, 14
JOINED_MARGIN = 1.5
UNEASY, UNEASE_TOGETHER = 0.35, 1.6  # shares of the threshold for danger: of this turn, and summed over the last six


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A route with everything that led to it; for editors and responders, never for visitors or logs."""

    route: Route
    layer: str  # "rule", "classifier", "conversation", or "" where nothing was raised
    views: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    shares: tuple[tuple[str, float], ...] = ()  # of its threshold that each kind reached, by the classifier
    labels: tuple[tuple[str, float], ...] = ()  # the classifier's likeliest labels in the loudest part
    part: str = ""  # the part of the message that speaks loudest

    @property
    def alarm(self) -> float:
        """How many times the threshold for a crisis or an emergency was reached, by the classifier; 0 without one."""
        return max((share for kind, share in self.shares if kind in URGENT), default=0.0)


class Triage:
    """Says what a message is before anything else looks at it; pure and deterministic."""

    def __init__(self, rules: Rules, classifier: Classifier | None = None, views: Views | None = None) -> None:
        """Join the layers; without a classifier the rules stand alone."""
        self._rules = rules
        self._classifier = classifier
        self._views = views

    @classmethod
    def of(
        cls,
        files: Iterable[tuple[dict[str, tuple[str, ...]], Sequence[RuleText]]],
        classifier: ClassifierData | None = None,
        english: frozenset[str] = frozenset(),
    ) -> "Triage":
        """Compile the rules of a pack's safety files and join them to the classifier.

        Raises:
            ContentError: a pattern names a slot that is not there.
        """
        rules = Rules.of(files)
        if classifier is None:
            return cls(rules)
        spelling = Spelling(trusted(classifier.words, english), english)
        return cls(rules, Classifier(classifier), Views(spelling, classifier.words))

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
        alone = self._alone(text)
        if alone.route.kind in DANGER or not recent:
            return alone
        return self._together(text, recent, alone) or alone

    def _alone(self, text: str, margin: float = 1.0) -> Judgement:
        text = _ends(text)
        views = self._views.of(text) if self._views else [text]
        hits = self._rules.hits(views)
        by_rule = next((hit.route for hit in hits if not hit.held), None)
        held = any(hit.held and hit.route.kind in DANGER for hit in hits)
        learnt = self._learnt(views, held=held, margin=margin)
        judged = replace(learnt, views=tuple(views), hits=tuple(hits))
        if by_rule is None or (learnt.route.kind in DANGER and by_rule.kind not in DANGER):
            return judged
        severity = graver(by_rule.severity, learnt.route.severity) if by_rule.kind in URGENT else None
        described = replace(by_rule, severity=severity, language=learnt.route.language, concern=1.0)
        return replace(judged, route=described, layer="rule")

    def _learnt(self, views: Sequence[str], *, held: bool, margin: float) -> Judgement:
        classifier = self._classifier
        if classifier is None:
            return Judgement(route=Route(), layer="")
        language = _language(classifier, views[0])
        if any(map(classifier.is_ordinary, views)) or len(set(_words(views[0]))) < MIN_WORDS:
            return Judgement(route=Route(language=language), layer="")
        heard = [listen(classifier, view) for view in views]
        reached = {kind: max(_reached(each, kind.value, classifier.data) for each in heard) / margin for kind in ORDER}
        if held:  # an exception that an editor wrote and tested explains the words that sound like danger
            reached |= {kind: reached[kind] / HELD_DIVISOR for kind in DANGER}
        shares = tuple((kind.value, share) for kind, share in reached.items())
        raised = {kind: share * (DANGER_WEIGHT if kind in DANGER else 1.0) for kind, share in reached.items() if share >= 1}
        if not raised:
            concern = max(reached[kind] for kind in DANGER)
            return Judgement(route=Route(concern=concern, language=language), layer="", shares=shares)
        kind = max(raised, key=lambda each: raised[each])
        label, part, probabilities = _loudest(kind, classifier, views)
        severity = _severity(probabilities) if kind in URGENT else None
        route = replace(KINDS[label], severity=severity, language=language, reason=f"classifier: {label}", concern=1.0)
        labels = tuple(sorted(probabilities.items(), key=lambda each: -each[1])[:6])
        return Judgement(route=route, layer="classifier", shares=shares, labels=labels, part=part)

    def _together(self, text: str, recent: Sequence[Said], alone: Judgement) -> Judgement | None:
        """Read the message with the turns before: danger split over several, or unease that goes on."""
        said = [each.text for each in recent[-MAX_JOINED_TURNS:]]
        if alone.route.kind is None and all(len(_words(each)) <= MAX_JOINED_WORDS for each in (*said[-1:], text)):
            for n_turns in range(1, len(said) + 1):
                if len(_words(said[-n_turns])) > MAX_JOINED_WORDS:
                    break
                joined = self._alone(" ".join([*said[-n_turns:], text]), JOINED_MARGIN)
                if joined.route.kind in URGENT:
                    return replace(joined, layer="conversation")
        unease = alone.route.concern + sum(each.concern for each in recent)
        if alone.route.kind is None and alone.route.concern >= UNEASY and unease >= UNEASE_TOGETHER:
            route = Route(kind=Kind.DISTRESS, language=alone.route.language, reason="unease over several turns", concern=1.0)
            return replace(alone, route=route, layer="conversation")
        return None


def _reached(heard: Heard, kind: str, data: ClassifierData) -> float:
    """Return which share of its threshold a kind reaches, by the whole message or by its loudest sentence.

    Where no danger is at stake a sentence must bear a long message out: thirty harmless questions add up to no medical one.
    """
    whole = heard.whole[kind] / data.thresholds[kind]
    if heard.part is None:
        return whole
    part = heard.part[kind] / data.part_thresholds[kind]
    if Kind(kind) in DANGER or heard.n_parts < MANY_PARTS:
        return max(whole, part)
    return max(part, min(whole, PART_MARGIN * part))


def _loudest(kind: Kind, classifier: Classifier, views: Sequence[str]) -> tuple[str, str, dict[str, float]]:
    """Return the kind's likeliest label, the part of the message that speaks loudest for it, and that part's chances."""
    found: tuple[float, str, str, dict[str, float]] = (0.0, "", "", {})
    for part in dict.fromkeys(part for view in views for part in (view, *sentences(view))):
        probabilities = classifier.probabilities(part)
        for label, chance in probabilities.items():
            if kind_of_label(label) is kind and chance > found[0]:
                found = (chance, label, part, probabilities)
    return found[1:]


def _severity(probabilities: dict[str, float]) -> Severity:
    name, _ = likeliest(probabilities, "severity:")
    return "imminent" if name == "imminent" else "moderate" if name == "moderate" else "high"


def _language(classifier: Classifier, text: str) -> str:
    if len(_words(text)) < MIN_LANGUAGE_WORDS:
        return ""
    name, chance = likeliest(classifier.probabilities(text), "language:")
    return name if chance >= MIN_LANGUAGE else ""


def _words(text: str) -> list[str]:
    return tokenize(fold(text[:MAX_CHARS]))


def _ends(text: str) -> str:
    if len(text) <= 2 * MAX_READ_CHARS:
        return text
    # Cut between words: half a word at the cut would look like another one.
    start = re.sub(r"\S+\Z", "", text[:MAX_READ_CHARS]) or text[:MAX_READ_CHARS]
    end = re.sub(r"\A\S+", "", text[-MAX_READ_CHARS:]) or text[-MAX_READ_CHARS:]
    return f"{start}\n{end}"
