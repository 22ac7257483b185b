"""From raw scores to a probability: how likely it is that the best candidate is the right answer.

Two logistic models share one row of evidence. ``right`` gives the chance that the first candidate is right, ``among`` that
one of the first three is. They are fitted on phrasings hidden from the index (``bot/retrieval/build.py``), so any pack
calibrates itself without examples of out-of-scope questions.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the index found out about one query; the input of the calibration."""

    top: float  # decision of the best answer: classifier + cosine (+ BM25)
    part: float  # the same in the part of a long message that speaks for it most
    lead: float  # its distance to the second
    lead_over_third: float  # the second's distance to the fourth: is it a small group that fits?
    cosine: float  # best cosine to a phrasing of the best answer, 0 to 1
    centroid: float  # cosine to that answer's centroid, 0 to 1
    coverage: float  # share of the query's idf mass that the vocabulary knows, 0 to 1
    unknown: float  # share of its content words that the vocabulary lacks, 0 to 1
    unknown_words: float  # log(1 + how many those are)
    shared: float  # share of its content idf mass found in phrasings of the best answer, 0 to 1
    length: float  # log(1 + number of words)
    nearest_lead: float  # best cosine to the best answer less the best to any other
    votes: float  # share of the nearest phrasings that belong to the best answer
    background: float  # decision for "no answer", learnt from logged out-of-scope questions; 0 where there are none

    def row(self) -> list[float]:
        """Return the values in the order of the fields."""
        return [getattr(self, name) for name in FEATURES]


LIMIT = 4.0  # a query unlike all that was seen must not be extrapolated to certainty
FEATURES: tuple[str, ...] = tuple(field.name for field in fields(Evidence))


@dataclass(frozen=True, slots=True, kw_only=True)
class Logistic:
    """A logistic regression on standardised evidence and the products of its pairs, as plain numbers.

    A clear lead means little when most words are unknown; products let the model say so. On the development questions they
    raise the AUROC of right answers against questions without one from .952 to .965.
    """

    mean: tuple[float, ...]  # of the evidence; then it is expanded, see ``expand``
    scale: tuple[float, ...]
    weights: tuple[float, ...]  # of the evidence, then of its products
    bias: float

    def probability(self, row: Sequence[float]) -> float:
        """Return the probability, 0 to 1, for one row of evidence."""
        standard = [(value - mean) / scale for value, mean, scale in zip(row, self.mean, self.scale, strict=True)]
        z = self.bias + sum(weight * value for weight, value in zip(self.weights, expand(standard), strict=True))
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, z))))


def expand(row: Sequence[float]) -> list[float]:
    """Return the values of a row, each cut to +-4 standard deviations, and the products of every two of them."""
    cut = [max(-LIMIT, min(LIMIT, value)) for value in row]
    return [*cut, *(left * right for left, right in combinations_with_replacement(cut, 2))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The fitted models and the two thresholds that follow from the target on the risk/coverage curve."""

    right: Logistic
    among: Logistic
    answer_threshold: float  # least score answered
    clarify_threshold: float  # least chance that one of three is right, to ask which
    smalltalk_threshold: float  # least score at which small talk is answered; which topic matters less than that it is one


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One point of the risk/coverage curve: answering everything from ``threshold`` up."""

    threshold: float
    coverage: float  # share of messages answered
    risk: float  # share of those that were wrong


def risk_coverage(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> list[CurvePoint]:
    """Return the curve of El-Yaniv and Wiener (2010), from the strictest threshold to answering everything."""
    if not len(scores):
        return []
    order = np.argsort(-scores, kind="stable")
    wrong = np.cumsum(~right[order])
    answered = np.arange(1, len(scores) + 1)
    last_of_ties = np.append(np.diff(scores[order]) != 0, True)
    return [
        CurvePoint(float(scores[order][at]), float(answered[at] / len(scores)), float(wrong[at] / answered[at]))
        for at in np.flatnonzero(last_of_ties)
    ]


def threshold_for(scores: NDArray[np.float64], right: NDArray[np.bool_], *, risk: float) -> float:
    """Return the lowest threshold whose answered part is wrong at most ``risk`` of the time; 1 when none is."""
    reaching = [point.threshold for point in risk_coverage(scores, right) if point.risk <= risk]
    return min(reaching, default=1.0)
