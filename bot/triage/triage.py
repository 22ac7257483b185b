"""Puts the layers of triage together: several views of a message, the rules, and the classifier."""

import re
from collections.abc import Iterable, Sequence

from bot.model import Kind, Route
from bot.text import Spelling, fold, sentences, tokenize
from bot.triage.classifier import MAX_CHARS, Classifier, ClassifierData
from bot.triage.kinds import DANGER, KINDS, ORDER, Heard, kind_of_label, listen
from bot.triage.rules import Rules, RuleText

MAX_READ_CHARS = 8_400  # from each end of a longer message; danger may stand last
# Missing a person in danger is worse than showing numbers for nothing, so danger needs half the lead over other kinds.
DANGER_WEIGHT = 2.0
MIN_WORDS = 2  # different ones; a single word is left to the rules, since "no" and "bye" stand in many bad messages
HELD_DIVISOR = 8.0
MANY_PARTS = 6  # sentences
PART_MARGIN = 1.2  # how far a long message may outweigh its loudest sentence


class Triage:
    """Says what a message is before anything else looks at it; pure and deterministic."""

    def __init__(self, rules: Rules, classifier: Classifier | None = None, spelling: Spelling | None = None) -> None:
        """Join the layers; without a classifier the rules stand alone."""
        self._rules = rules
        self._classifier = classifier
        self._spelling = spelling

    @classmethod
    def of(
        cls,
        files: Iterable[tuple[dict[str, tuple[str, ...]], Sequence[RuleText]]],
        classifier: Classifier | None = None,
        spelling: Spelling | None = None,
    ) -> "Triage":
        """Compile the rules of a pack's safety files and join them to the classifier.

        Raises:
            ContentError: a pattern names a slot that is not there.
        """
        return cls(Rules.of(files), classifier, spelling)

    def route(self, text: str, recent: Sequence[str] = ()) -> Route:  # noqa: ARG002 - see recent
        """Say what a message is, before retrieval.

        Danger found by either layer comes first; then what the rules say of the other kinds, then the classifier.

        Args:
            text: the message, of any length; past ``2 * MAX_READ_CHARS`` only both ends are read.
            recent: the visitor's turns before, oldest first; read by the next version.
        """
        views = self._views(_ends(text))
        by_rule, held = self._rules.route(views)
        if by_rule is not None and by_rule.kind in DANGER:
            return by_rule
        learnt = self._learnt(views, held=held)
        if by_rule is not None and learnt.kind not in DANGER:
            return by_rule
        return learnt

    def _views(self, text: str) -> list[str]:
        """Return the message as it stands, and with its spelling corrected where that changes it."""
        if self._spelling is None:
            return [text]
        correct = self._spelling.correct
        typed = [tokenize(fold(sentence)) for sentence in sentences(text)]
        corrected = [list(map(correct, words)) for words in typed]
        return [text] if corrected == typed else [text, ". ".join(map(" ".join, corrected))]

    def _learnt(self, views: Sequence[str], *, held: bool) -> Route:
        if self._classifier is None or self._classifier.is_ordinary(views[0]) or len(set(_words(views[0]))) < MIN_WORDS:
            return Route()
        heard = [listen(self._classifier, view) for view in views]
        data = self._classifier.data
        reached = {kind: max(_reached(each, kind.value, data) for each in heard) for kind in ORDER}
        if held:  # an exception that an editor wrote and tested explains the words that sound like danger
            reached |= {kind: reached[kind] / HELD_DIVISOR for kind in DANGER}
        raised = {kind: share * (DANGER_WEIGHT if kind in DANGER else 1.0) for kind, share in reached.items() if share >= 1}
        if not raised:
            return Route(concern=max(reached[kind] for kind in DANGER))
        kind = max(raised, key=lambda each: raised[each])
        return _route_of(kind, self._classifier, views)


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


def _route_of(kind: Kind, classifier: Classifier, views: Sequence[str]) -> Route:
    """Return the route of the kind's likeliest label, in whichever part of the message speaks loudest."""
    likeliest = (0.0, "")
    for part in (part for view in views for part in (view, *sentences(view))):
        for label, chance in classifier.probabilities(part).items():
            if kind_of_label(label) is kind:
                likeliest = max(likeliest, (chance, label))
    route = KINDS[likeliest[1]]
    return Route(kind=kind, about=route.about, variant=route.variant, reason=f"classifier: {likeliest[1]}", concern=1.0)


def _words(text: str) -> list[str]:
    return tokenize(fold(text[:MAX_CHARS]))


def _ends(text: str) -> str:
    if len(text) <= 2 * MAX_READ_CHARS:
        return text
    # Cut between words: half a word at the cut would look like another one.
    start = re.sub(r"\S+\Z", "", text[:MAX_READ_CHARS]) or text[:MAX_READ_CHARS]
    end = re.sub(r"\A\S+", "", text[-MAX_READ_CHARS:]) or text[-MAX_READ_CHARS:]
    return f"{start}\n{end}"
