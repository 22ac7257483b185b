"""From scores to thresholds, beside a plain reference."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.calibration import CurvePoint, Logistic, risk_coverage, threshold_for


def plain_curve(scores: list[float], right: list[bool]) -> list[tuple[float, float, float]]:
    """The curve, one threshold after the other, without any cleverness."""
    points = []
    for threshold in sorted(set(scores), reverse=True):
        answered = [ok for score, ok in zip(scores, right, strict=True) if score >= threshold]
        points.append((threshold, len(answered) / len(scores), answered.count(False) / len(answered)))
    return points


def some_scores(seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Scores with ties, and whether each was right."""
    random = np.random.default_rng(seed)
    scores = np.round(random.random(200), 2)
    return scores, random.random(200) < scores


@pytest.mark.parametrize("seed", range(5))
def test_the_curve_agrees_with_a_plain_one(seed: int) -> None:
    """The curve of risk against coverage is what counting one by one gives, ties included."""
    scores, right = some_scores(seed)
    found = [(point.threshold, point.coverage, point.risk) for point in risk_coverage(scores, right)]
    assert np.allclose(found, plain_curve(scores.tolist(), right.tolist()))


@pytest.mark.parametrize("risk", [0.0, 0.05, 0.3, 1.0])
def test_the_threshold_is_the_lowest_that_keeps_the_risk(risk: float) -> None:
    """Of all thresholds that keep the target, the one that answers most is taken."""
    scores, right = some_scores(7)
    kept = [threshold for threshold, _, wrong in plain_curve(scores.tolist(), right.tolist()) if wrong <= risk]
    assert threshold_for(scores, right, risk=risk) == min(kept, default=1.0)


def test_a_target_out_of_reach_answers_nothing() -> None:
    """When even the best is wrong, the threshold is 1."""
    assert threshold_for(np.array([0.9, 0.5]), np.array([False, False]), risk=0.1) == 1.0


def test_no_scores_give_no_curve() -> None:
    """An empty measurement is an empty curve."""
    assert risk_coverage(np.array([]), np.array([], dtype=bool)) == []


def test_everything_at_one_score_is_one_point() -> None:
    """Ties are answered together or not at all."""
    assert risk_coverage(np.array([0.5, 0.5]), np.array([True, False])) == [CurvePoint(0.5, 1.0, 0.5)]


def test_a_probability_stays_between_nought_and_one() -> None:
    """However far out the evidence is, nothing overflows."""
    model = Logistic(mean=(0.0,), scale=(1.0,), weights=(1.0, 0.0), bias=0.0)
    assert model.probability([0.0]) == 0.5
    assert 0.0 < model.probability([-1e9]) < model.probability([1e9]) < 1.0


def test_evidence_is_standardised() -> None:
    """A value at its mean leaves the bias alone; one deviation adds its weight."""
    model = Logistic(mean=(10.0,), scale=(2.0,), weights=(1.0, 0.0), bias=-1.0)
    assert model.probability([12.0]) == 0.5
