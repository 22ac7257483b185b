"""What the labels of the training messages mean: a kind, whom it is about, and which wording."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.model import Kind, Route

# Sourcing stands before medical advice, or "how much should I take" would be taken for a question about a medicine.
ORDER = (Kind.EMERGENCY, Kind.CRISIS, Kind.DISTRESS, Kind.HUMAN, Kind.SOURCING, Kind.MEDICAL_ADVICE)
DANGER = frozenset({Kind.EMERGENCY, Kind.CRISIS, Kind.DISTRESS})
KINDS: Mapping[str, Route] = {
    "crisis-self": Route(kind=Kind.CRISIS),
    "crisis-other": Route(kind=Kind.CRISIS, about="other"),
    "crisis-harm": Route(kind=Kind.CRISIS, variant="harm_others"),
    "crisis-abuse": Route(kind=Kind.CRISIS, variant="abuse"),
    "emergency": Route(kind=Kind.EMERGENCY),
    "distress": Route(kind=Kind.DISTRESS),
    "human": Route(kind=Kind.HUMAN),
    "sourcing": Route(kind=Kind.SOURCING),
    "medical-advice": Route(kind=Kind.MEDICAL_ADVICE),
}


class _Classifier(Protocol):
    def probabilities(self, text: str) -> dict[str, float]: ...


def kind_of_label(label: str) -> Kind | None:
    """Return the kind that a label stands for; None for ``none``."""
    return KINDS[label].kind if label in KINDS else None


def by_kind(probabilities: Mapping[str, float]) -> dict[str, float]:
    """Return the probability of each kind: that any of its labels fits, taking them as independent."""
    absent = {kind.value: 1.0 for kind in ORDER}
    for label, chance in probabilities.items():
        kind = kind_of_label(label)
        if kind is not None:
            absent[kind.value] *= 1.0 - chance
    return {kind: 1.0 - chance for kind, chance in absent.items()}


def loudest(classifier: _Classifier, text: str, pieces: Sequence[str]) -> dict[str, float]:
    """Return each kind's probability; for danger the highest of the whole text and each of its pieces.

    Danger may stand in one sentence of twelve; a wish for a person or a question about one's own body is judged by the whole
    message and by its last sentence, where people ask.
    """
    whole = by_kind(classifier.probabilities(text))
    for number, piece in enumerate(pieces if len(pieces) > 1 else ()):
        for kind, chance in by_kind(classifier.probabilities(piece)).items():
            if Kind(kind) in DANGER or number == len(pieces) - 1:
                whole[kind] = max(whole[kind], chance)
    return whole
