"""Figures of asking for names, some of which the image does not show."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from mmdet.evaluation.functional import bbox_overlaps
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

IOUS = np.linspace(0.5, 0.95, 10)  # COCO's
PRESENT = 'present'
NUM_BINS = 15  # of the reliability diagram, as Guo et al. 2017
LEAST_IOU = 0.5  # of a right box, for precision and calibration
# What SA-Co's evaluator (sam3, cgf1_eval) adds to denominators.
EPSILON, IMAGE_EPSILON = 1e-4, 1e-6


@dataclass(frozen=True)
class AskedName:
    """A name that was asked of an image, and what was found.

    Args:
        name: The name.
        kind: ``'present'``, or how the absent name was drawn.
        truths: (G, 4) boxes xyxy, pixels; none if the name is absent.
        boxes: (D, 4) found boxes.
        scores: (D,) their scores.
    """

    name: str
    kind: str
    truths: NDArray[np.float32]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]

    @property
    def present(self) -> bool:
        """Whether the image shows the name."""
        return len(self.truths) > 0

    @property
    def score(self) -> float:
        """The best score: how sure the model is that it is there."""
        return float(self.scores.max(initial=0.0))


def score_presence(asked: Sequence[AskedName], threshold: float) -> dict[str, float]:
    """Compute SA-Co's figures (SAM 3, 2025, appendix) and those of a user.

    Args:
        asked: All names of all images.
        threshold: Least score of a box that counts as found.

    Returns:
        ``cgF1`` = ``pmF1`` x ``IL_MCC``, ``cgF1_50`` at IoU 0.5, ``precision`` and
        ``recall`` of boxes at IoU 0.5, absent names included, ``false_boxes`` per
        absent name (-1: no name is absent), and ``AUROC`` of the best score as to
        presence (-1: all or none are present).
    """
    counts = np.zeros((3, len(IOUS)))  # right, wrong, missed; of present names
    image = np.zeros((2, 2))  # [present, found]
    wrong_of_absent = 0
    for name in asked:
        chosen = name.scores >= threshold
        found = int(chosen.sum())
        image[int(name.present), int(found > 0)] += 1
        if not name.present:
            wrong_of_absent += found
            continue
        ious = _match(name.boxes[chosen], name.truths)
        right = (ious[:, None] >= IOUS).sum(axis=0)
        counts += np.stack([right, found - right, len(name.truths) - right])
    right, wrong, missed = counts
    precision = right / (right + wrong + EPSILON)
    recall = right / (right + missed + EPSILON)
    f1 = 2 * precision * recall / (precision + recall + EPSILON)
    mcc = matthews(image)
    absent = image[0].sum()
    all_found = right[0] + wrong[0] + wrong_of_absent
    return dict(
        cgF1=float(f1.mean() * mcc),
        cgF1_50=float(f1[0] * mcc),
        pmF1=float(f1.mean()),
        IL_MCC=mcc,
        precision=float(right[0] / max(all_found, 1)),
        recall=float(right[0] / max(right[0] + missed[0], 1)),
        false_boxes=float(wrong_of_absent / absent) if absent else -1.0,
        AUROC=rank_presence(asked),
    )


def matthews(counts: NDArray) -> float:
    """Compute Matthews' correlation of presence and finding.

    Args:
        counts: (2, 2) names by [present, found].

    Returns:
        In [-1, 1]; 0 if all names are present or all absent.
    """
    (true_absent, false_found), (missed, found) = counts.astype(float)
    sides = (
        (found + false_found)
        * (found + missed)
        * (true_absent + false_found)
        * (true_absent + missed)
    )
    return float(
        (found * true_absent - false_found * missed) / (sides**0.5 + IMAGE_EPSILON)
    )


def rank_presence(asked: Sequence[AskedName]) -> float:
    """Compute the area under the ROC curve of the best score.

    Args:
        asked: The names.

    Returns:
        The share of pairs (present, absent) in the right order, ties half; -1 if
        there is no pair.
    """
    present = np.array([name.present for name in asked], dtype=bool)
    num_present, num_absent = int(present.sum()), int((~present).sum())
    if not num_present or not num_absent:
        return -1.0
    scores = np.array([name.score for name in asked])
    absent = np.sort(scores[~present])
    # Of the absent ones, how many each present one exceeds; a tie counts half.
    below = absent.searchsorted(scores[present], 'left')
    not_above = absent.searchsorted(scores[present], 'right')
    return float((below + not_above).mean() / (2 * num_absent))


@dataclass(frozen=True)
class Reliability:
    """Scores against the share of right boxes, in bins of equal width.

    Args:
        counts: (NUM_BINS,) boxes of a bin.
        confidence: (NUM_BINS,) their mean score; 0 where there is none.
        accuracy: (NUM_BINS,) their share of right boxes.
    """

    counts: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    @property
    def error(self) -> float:
        """The expected calibration error; -1 without boxes."""
        total = self.counts.sum()
        if not total:
            return -1.0
        gaps = np.abs(self.confidence - self.accuracy)
        return float((self.counts * gaps).sum() / total)


@dataclass(frozen=True)
class ScoredBoxes:
    """Boxes of all images.

    Args:
        scores: (N,) in [0, 1].
        right: (N,) whether the box has an object of its own.
        names: (N,) what each was found for.
    """

    scores: NDArray[np.float64]
    right: NDArray[np.bool_]
    names: list[str]


def score_boxes(asked: Sequence[AskedName], least: float) -> ScoredBoxes:
    """List boxes, and whether each is right (IoU 0.5; the best boxes choose first).

    Args:
        asked: The names.
        least: Least score of a box that is listed.
    """
    scores: list[float] = []
    right: list[bool] = []
    names: list[str] = []
    for name in asked:
        order = np.argsort(-name.scores, kind='stable')
        order = order[name.scores[order] >= least]
        ious = _overlaps(name.boxes[order], name.truths)
        free = np.ones(len(name.truths), dtype=bool)
        for row, score in zip(ious, name.scores[order]):
            best = int(np.argmax(np.where(free, row, -1))) if free.any() else -1
            hit = best >= 0 and row[best] >= LEAST_IOU
            if hit:
                free[best] = False
            scores.append(float(score))
            right.append(bool(hit))
            names.append(name.name)
    return ScoredBoxes(
        np.array(scores, dtype=np.float64), np.array(right, dtype=bool), names
    )


def reliability(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> Reliability:
    """Sort scores into bins.

    Args:
        scores: (N,) in [0, 1].
        right: (N,) whether each is right.
    """
    bins = np.minimum((scores * NUM_BINS).astype(int), NUM_BINS - 1)
    counts = np.bincount(bins, minlength=NUM_BINS)
    share = np.maximum(counts, 1)
    return Reliability(
        counts,
        np.bincount(bins, scores, NUM_BINS) / share,
        np.bincount(bins, right.astype(float), NUM_BINS) / share,
    )


def _match(boxes: NDArray, truths: NDArray) -> NDArray:
    """IoUs of the best one-to-one assignment."""
    ious = _overlaps(boxes, truths)
    return ious[linear_sum_assignment(-ious)]


def _overlaps(boxes: NDArray, truths: NDArray) -> NDArray:
    if not len(boxes) or not len(truths):
        return np.zeros((len(boxes), len(truths)))
    return bbox_overlaps(boxes, truths)
