"""Scores that mean what they say: temperature and bias, fitted on a validation set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from ..checkpoint.calibrated import calibration_of
from ..checkpoint.loading import load_checkpoint_safely
from ..datasets.files.json_file import read_json
from .presence_scores import ScoredBoxes

EDGE = 1e-6  # scores of exactly 0 and 1 have no logit
# A name gets a bias of its own with so many boxes and so many right ones (our choice).
LEAST_BOXES, LEAST_RIGHT = 40, 10
PRECISIONS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Calibration:
    """How sure a score is: ``sigmoid(logit(score) / temperature + bias)``.

    Args:
        temperature: Above 1: the model is too sure of itself.
        bias: Of all names that have none of their own.
        biases: Bias by name.
        thresholds: Least calibrated score by wanted precision, such as
            ``{'0.9': 0.62}``; precisions that the model does not reach are missing.
    """

    temperature: float
    bias: float
    biases: Mapping[str, float] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        numbers = (self.temperature, self.bias, *self.biases.values())
        if not np.isfinite(numbers).all() or self.temperature <= 0:
            raise ValueError(
                'a calibration needs finite numbers and a positive temperature, not '
                f'{self.temperature} and {self.bias}'
            )

    def apply(self, scores: NDArray, names: Sequence[str]) -> NDArray[np.float64]:
        """Calibrate scores.

        Args:
            scores: (N,) in [0, 1].
            names: The name of each.

        Returns:
            (N,) in [0, 1]. The order of one name's boxes stays.
        """
        bias = np.array([self.biases.get(name, self.bias) for name in names])
        return expit(_logit(np.asarray(scores)) / self.temperature + bias)

    def threshold(self, precision: float) -> float:
        """Find the least calibrated score that gives a precision.

        Args:
            precision: In [0, 1].

        Returns:
            The threshold for the next greater precision of the table.

        Raises:
            ValueError: If the model does not reach it (names what it reaches).
        """
        for wanted in sorted(self.thresholds, key=float):
            if float(wanted) >= precision:
                return self.thresholds[wanted]
        reached = max(self.thresholds, key=float, default='none')
        raise ValueError(
            f'no threshold is known for precision {precision}; the greatest that this '
            f'model reached on its validation set is {reached}'
        )

    def to_dict(self) -> dict:
        """Write it as plain data, as a checkpoint keeps it."""
        return dict(
            temperature=self.temperature,
            bias=self.bias,
            biases=dict(self.biases),
            thresholds=dict(self.thresholds),
        )


def fit_calibration(
    scores: NDArray, right: NDArray, names: Sequence[str]
) -> Calibration:
    """Fit a calibration by maximum likelihood.

    Args:
        scores: (N,) of boxes, in [0, 1].
        right: (N,) whether each box is right.
        names: The name of each box.

    Returns:
        The calibration, with thresholds for :data:`PRECISIONS`.

    Raises:
        ValueError: If all boxes are right or all wrong, or there is none.
    """
    right = np.asarray(right, dtype=bool)
    if not right.any() or right.all():
        raise ValueError(
            f'{int(right.sum())} of {len(right)} boxes are right; a calibration needs '
            'right and wrong ones: take more images, or a lower least score'
        )
    logits = _logit(np.asarray(scores, dtype=np.float64))
    slope, bias = _fit_line(logits, right)
    biases = {}
    labels = np.asarray(names)
    for name in sorted(set(names)):
        own = labels == name
        hits = int(right[own].sum())
        if own.sum() >= LEAST_BOXES and LEAST_RIGHT <= hits < own.sum():
            biases[name] = _fit_bias(logits[own] * slope, right[own])
    fitted = Calibration(1 / slope, bias, biases)
    thresholds = find_thresholds(fitted.apply(scores, names), right)
    return Calibration(fitted.temperature, bias, biases, thresholds)


def read_boxes(path: str | Path) -> ScoredBoxes:
    """Read the boxes that ``AbsentNameMetric`` wrote.

    Args:
        path: Its JSON file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it holds no boxes.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(
            f'there is no file of boxes {path}; a test with AbsentNameMetric writes one'
        )
    content = read_json(str(path))
    boxes = content.get('boxes') if isinstance(content, dict) else None
    if not isinstance(boxes, dict) or set(boxes) != {'scores', 'right', 'names'}:
        raise ValueError(f"{path} is no file of AbsentNameMetric: it has no 'boxes'")
    try:
        scores = np.array(boxes['scores'], dtype=np.float64)
        right = np.array(boxes['right'], dtype=bool)
        names = [str(name) for name in boxes['names']]
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f'{path}: the boxes are damaged ({error})') from error
    if not scores.shape == right.shape == (len(names),):
        raise ValueError(f'{path}: the boxes are damaged (lists of other lengths)')
    return ScoredBoxes(scores, right, names)


def read_stored(path: str | Path) -> Calibration:
    """Read the calibration that a checkpoint carries.

    Args:
        path: ``.pth`` or ``.safetensors``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged or carries none.
    """
    found = calibration_of(load_checkpoint_safely(path))
    if found is None:
        raise ValueError(f'{path} carries no calibration')
    return calibration_from(found)


def calibration_from(stored: Mapping) -> Calibration:
    """Rebuild a calibration from plain data.

    Args:
        stored: Of :meth:`Calibration.to_dict`.

    Raises:
        ValueError: If it is damaged.
    """
    try:
        return Calibration(**stored)
    except TypeError as error:
        raise ValueError(f'the calibration is damaged: {error}') from error


def find_thresholds(
    scores: NDArray[np.float64], right: NDArray[np.bool_]
) -> dict[str, float]:
    """Find the least score for each precision.

    Args:
        scores: (N,) calibrated scores.
        right: (N,) whether each box is right.

    Returns:
        By precision the least score above which that share of boxes is right; those
        that are never reached are missing.
    """
    order = np.argsort(-scores, kind='stable')
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    # A threshold takes all boxes of one score.
    last = np.append(np.diff(scores[order]) != 0, True)
    thresholds = {}
    for wanted in PRECISIONS:
        reached = np.flatnonzero((precision >= wanted) & last)
        if len(reached):
            thresholds[str(wanted)] = float(scores[order][reached[-1]])
    return thresholds


def _logit(scores: NDArray) -> NDArray[np.float64]:
    return logit(np.clip(scores.astype(np.float64), EDGE, 1 - EDGE))


def _fit_line(logits: NDArray, right: NDArray[np.bool_]) -> tuple[float, float]:
    """Fit slope (positive) and bias of a logistic regression."""
    target = right.astype(float)

    def loss(values: NDArray) -> tuple[float, NDArray]:
        slope = np.exp(values[0])
        z = slope * logits + values[1]
        error = expit(z) - target
        gradient = np.array([np.mean(error * logits) * slope, np.mean(error)])
        return float(np.mean(np.logaddexp(0, z) - target * z)), gradient

    # A slope between 1/20 and 20: separable data would have none.
    bounds = [(-3.0, 3.0), (-20.0, 20.0)]
    found = minimize(loss, np.zeros(2), jac=True, method='L-BFGS-B', bounds=bounds)
    return float(np.exp(found.x[0])), float(found.x[1])


def _fit_bias(scaled: NDArray, right: NDArray[np.bool_]) -> float:
    target = right.astype(float)

    def loss(values: NDArray) -> tuple[float, NDArray]:
        z = scaled + values[0]
        error = np.mean(expit(z) - target)
        return float(np.mean(np.logaddexp(0, z) - target * z)), np.array([error])

    found = minimize(
        loss, np.zeros(1), jac=True, method='L-BFGS-B', bounds=[(-20.0, 20.0)]
    )
    return float(found.x[0])
