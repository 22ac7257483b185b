"""What the labels of the training messages mean: a kind, whom it is about, which wording; and what a severity is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.model import SEVERITIES, Kind, Route, Severity
from bot.text import sentences

# Sourcing stands before medical advice, or "how much should I take" would be taken for a question about a medicine.
ORDER = (Kind.EMERGENCY, Kind.CRISIS, Kind.DISTRESS, Kind.HUMAN, Kind.SOURCING, Kind.MEDICAL_ADVICE)
MAX_PARTS = 100  # different sentences of one message that are looked at one by one
NONE = "none"  # the label of what must raise nothing
URGENCY = "danger"  # the head that says whether a message is a crisis or an emergency, either of them
URGENT = frozenset({Kind.EMERGENCY, Kind.CRISIS})
CONCERNS = (URGENCY, *(kind.value for kind in ORDER if kind not in URGENT))  # what has a threshold of its own
KINDS: Mapping[str, Route] = {
    "crisis-self": Route(kind=Kind.CRISIS),
    "crisis-other": Route(kind=Kind.CRISIS, about="other"),
    "crisis-staff": Route(kind=Kind.CRISIS, about="staff"),
    "crisis-harm": Route(kind=Kind.CRISIS, variant="harm_others"),
    "crisis-abuse": Route(kind=Kind.CRISIS, variant="abuse"),
    "emergency-self": Route(kind=Kind.EMERGENCY),
    "emergency-other": Route(kind=Kind.EMERGENCY, about="other"),
    "emergency-staff": Route(kind=Kind.EMERGENCY, about="staff"),
    "distress": Route(kind=Kind.DISTRESS),
    "human": Route(kind=Kind.HUMAN),
    "sourcing": Route(kind=Kind.SOURCING),
    "medical-advice": Route(kind=Kind.MEDICAL_ADVICE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One message that triage learns from."""

    text: str
    label: str  # a key of ``KINDS``, or ``NONE``
    severity: Severity | None = None
    locale: str = "en"


class _Classifier(Protocol):
    def strengths(self, text: str) -> dict[str, float]: ...


def kind_of_label(label: str) -> Kind | None:
    """Return the kind that a label stands for; None for ``none`` and for what describes a message (``severity:high``)."""
    return KINDS[label].kind if label in KINDS else None


def by_concern(strengths: Mapping[str, float]) -> dict[str, float]:
    """Return how strong each concern is: danger as a whole, and each kind that is none."""
    found = dict.fromkeys(CONCERNS, 0.0)
    for label, value in strengths.items():
        kind = kind_of_label(label)
        if label == URGENCY:
            found[URGENCY] = value
        elif kind is not None and kind not in URGENT:
            found[kind.value] = max(found[kind.value], value)
    return found


def likeliest(strengths: Mapping[str, float], prefix: str) -> tuple[str, float]:
    """Return the likeliest of the heads that describe a message in one way ("severity:", "language:"); ("", 0) if none."""
    found = {name.removeprefix(prefix): chance for name, chance in strengths.items() if name.startswith(prefix)}
    return max(found.items(), key=lambda each: each[1], default=("", 0.0))


def graver(one: Severity | None, other: Severity | None) -> Severity | None:
    """Return the graver of two severities; None counts for nothing."""
    return min((each for each in (one, other) if each), key=SEVERITIES.index, default=None)


@dataclass(frozen=True, slots=True)
class Heard:
    """What the classifier says of a message: each concern's strength in the whole of it, and in its loudest sentence."""

    whole: Mapping[str, float]
    part: Mapping[str, float] | None  # None where there are no two sentences
    n_parts: int  # sentences, the same ones again included


def listen(classifier: _Classifier, text: str) -> Heard:
    """Classify a message and each of its sentences: danger may stand in one of twelve."""
    pieces = [part for part in sentences(text) if any(map(str.isalnum, part))]
    parts = list(dict.fromkeys(pieces))[:MAX_PARTS]
    whole = by_concern(classifier.strengths(text))
    if len(parts) < 2 and len(pieces) < 2:
        return Heard(whole, None, len(pieces))
    heard = [by_concern(classifier.strengths(part)) for part in parts]
    return Heard(whole, {concern: max(each[concern] for each in heard) for concern in whole}, len(pieces))
