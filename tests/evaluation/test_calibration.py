"""Calibration against data whose true calibration is known."""

import numpy as np
import pytest
from numpy.random import default_rng
from scipy.special import expit, logit

from glipv2.evaluation.calibration import (
    Calibration,
    find_thresholds,
    fit_calibration,
)
from glipv2.evaluation.presence_scores import reliability


def made(
    temperature: float, bias: float, seed: int, count: int = 20000
) -> tuple[np.ndarray, np.ndarray]:
    random = default_rng(seed)
    scores = random.beta(0.8, 1.5, count)
    sure = expit(logit(scores) / temperature + bias)
    return scores, random.uniform(0, 1, count) < sure


@pytest.mark.parametrize(('temperature', 'bias'), [(2.0, -1.0), (0.5, 0.7), (1, 0)])
def test_the_true_values_are_found(temperature: float, bias: float) -> None:
    scores, right = made(temperature, bias, 0)
    names = ['dog'] * len(scores)
    fitted = fit_calibration(scores, right, names)
    assert fitted.temperature == pytest.approx(temperature, rel=0.1)
    assert fitted.biases['dog'] == pytest.approx(bias, abs=0.08)
    fresh, truth = made(temperature, bias, 1)
    before = reliability(fresh, truth).error
    after = reliability(fitted.apply(fresh, names), truth).error
    assert after < 0.02
    assert before > 3 * after or (temperature, bias) == (1, 0)


def test_names_have_their_own_bias_if_data_allow() -> None:
    (a, right_a), (b, right_b) = made(1, -1, 0), made(1, 1, 1)
    few, right_few = made(1, 3, 2, count=20)
    scores = np.concatenate([a, b, few])
    right = np.concatenate([right_a, right_b, right_few])
    names = ['dog'] * len(a) + ['cat'] * len(b) + ['rare'] * len(few)
    fitted = fit_calibration(scores, right, names)
    assert fitted.biases.keys() == {'cat', 'dog'}
    assert fitted.biases['cat'] - fitted.biases['dog'] == pytest.approx(2, abs=0.2)


def test_thresholds_give_the_precision() -> None:
    scores, right = made(1.5, -0.5, 0)
    thresholds = find_thresholds(scores, right)
    for wanted in ('0.5', '0.8', '0.9'):
        chosen = scores >= thresholds[wanted]
        assert right[chosen].mean() >= float(wanted)
        assert right[chosen].mean() < float(wanted) + 0.02
    tied = find_thresholds(np.array([0.5, 0.5]), np.array([True, False]))
    assert set(tied) == {'0.5'}


def test_unreachable_precision_says_what_is_reached() -> None:
    calibration = Calibration(1, 0, thresholds={'0.5': 0.3, '0.8': 0.6})
    assert calibration.threshold(0.75) == 0.6
    with pytest.raises(ValueError, match=r'reached on its validation set is 0\.8'):
        calibration.threshold(0.9)


def test_order_of_a_name_stays_and_edges_are_finite() -> None:
    scores = np.array([0, 1e-9, 0.2, 0.9, 1])
    fitted = Calibration(3, -2).apply(scores, ['x'] * 5)
    assert np.isfinite(fitted).all()
    assert (np.diff(fitted) >= 0).all()


def test_what_cannot_be_fitted() -> None:
    with pytest.raises(ValueError, match='right and wrong'):
        fit_calibration(np.array([0.5]), np.array([True]), ['x'])
    with pytest.raises(ValueError, match='positive temperature'):
        Calibration(0, 1)
    with pytest.raises(ValueError, match='finite'):
        Calibration(1, float('nan'))
    separable = fit_calibration(
        np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1], bool), ['x'] * 4
    )
    assert 0 < separable.temperature < 1
