"""Figures of present and absent names, against hand-made cases and plain loops."""

import itertools

import numpy as np
import pytest
from numpy.random import Generator, default_rng

from glipv2.evaluation.presence_scores import (
    IOUS,
    AskedName,
    rank_presence,
    reliability,
    score_boxes,
    score_presence,
)


def asked(kind: str, truths: list, boxes: list, scores: list) -> AskedName:
    return AskedName(
        'a name',
        kind,
        np.array(truths, np.float32).reshape(-1, 4),
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(scores, np.float32),
    )


BOX = [10, 10, 50, 50]
FAR = [60, 60, 90, 90]


def test_perfect_and_silent_models() -> None:
    perfect = [asked('present', [BOX], [BOX], [0.9]), asked('random', [], [], [])] * 4
    figures = score_presence(perfect, 0.3)
    assert figures['cgF1'] == pytest.approx(1, abs=1e-3)
    assert figures['IL_MCC'] == pytest.approx(1)
    assert figures['false_boxes'] == 0
    assert figures['AUROC'] == 1
    silent = [asked('present', [BOX], [], []), asked('random', [], [], [])] * 4
    assert score_presence(silent, 0.3)['cgF1'] == 0
    assert score_presence(silent, 0.3)['precision'] == 0


def test_boxes_of_absent_names_are_counted_once_each() -> None:
    names = [
        asked('present', [BOX], [BOX], [0.9]),
        asked('random', [], [BOX, FAR], [0.9, 0.4]),
        asked('near', [], [BOX], [0.1]),
    ]
    figures = score_presence(names, 0.3)
    assert figures['false_boxes'] == 1  # two boxes, two absent names
    assert figures['precision'] == pytest.approx(1 / 3)
    # One present and found, one absent and found, one absent and not.
    assert figures['IL_MCC'] == pytest.approx(1 / 2)
    assert figures['pmF1'] == pytest.approx(1, abs=1e-3)
    assert score_presence(names, 0.95)['false_boxes'] == 0
    assert figures['AUROC'] == 0.75  # a tie counts half


def test_all_present_or_nothing_asked() -> None:
    names = [asked('present', [BOX], [BOX], [0.9])]
    figures = score_presence(names, 0.3)
    assert figures['IL_MCC'] == 0
    assert figures['false_boxes'] == figures['AUROC'] == -1
    assert score_presence([], 0.3)['cgF1'] == 0


def random_names(random: Generator) -> list[AskedName]:
    names = []
    for _ in range(60):
        corners = random.uniform(0, 50, (random.integers(0, 4), 2))
        truths = np.concatenate([corners, corners + random.uniform(10, 40, 2)], 1)
        near = truths + random.normal(0, 2, truths.shape)
        wild = random.uniform(0, 40, (random.integers(0, 3), 4))
        wild[:, 2:] += wild[:, :2]
        boxes = np.concatenate([near, wild])
        kind = 'present' if len(truths) else 'random'
        names.append(asked(kind, truths, boxes, random.uniform(0, 1, len(boxes))))
    return names


def iou(a: np.ndarray, b: np.ndarray) -> float:
    width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(x[2] - x[0]) * (x[3] - x[1]) for x in (a, b)]
    return width * height / (sum(areas) - width * height)


def best_sum(boxes: np.ndarray, truths: np.ndarray) -> list[float]:
    """Try every one-to-one assignment."""
    small, large = sorted((boxes, truths), key=len)
    options = itertools.permutations(range(len(large)), len(small))
    return max(
        ([iou(x, large[i]) for x, i in zip(small, chosen)] for chosen in options),
        key=sum,
    )


@pytest.mark.parametrize('seed', range(5))
def test_equal_to_plain_loops(seed: int) -> None:
    names = random_names(default_rng(seed))
    tp, fp, fn = np.zeros(10), np.zeros(10), np.zeros(10)
    cells = dict.fromkeys(itertools.product((True, False), repeat=2), 0)
    for name in names:
        boxes = name.boxes[name.scores >= 0.3]
        cells[name.present, len(boxes) > 0] += 1
        if not name.present:
            continue
        ious = best_sum(boxes, name.truths)
        for index, least in enumerate(IOUS):
            right = sum(x >= least for x in ious)
            tp[index] += right
            fp[index] += len(boxes) - right
            fn[index] += len(name.truths) - right
    f1 = np.mean(2 * tp / (2 * tp + fp + fn))
    a, b, c, d = (cells[x] for x in itertools.product((True, False), repeat=2))
    mcc = (a * d - b * c) / ((a + c) * (a + b) * (d + c) * (d + b)) ** 0.5
    figures = score_presence(names, 0.3)
    assert figures['pmF1'] == pytest.approx(f1, abs=1e-3)
    assert figures['IL_MCC'] == pytest.approx(mcc, abs=1e-6)
    assert figures['cgF1'] == pytest.approx(f1 * mcc, abs=1e-3)
    order = [
        0.5 * (x.score == y.score) + (x.score > y.score)
        for x in names
        for y in names
        if x.present and not y.present
    ]
    assert rank_presence(names) == pytest.approx(np.mean(order))


def test_calibration() -> None:
    random = default_rng(0)
    scores = random.uniform(0, 1, 40000)
    calibrated = reliability(scores, random.uniform(0, 1, 40000) < scores)
    assert calibrated.error < 0.02
    too_sure = reliability(scores, random.uniform(0, 1, 40000) < scores / 2)
    assert too_sure.error == pytest.approx(0.25, abs=0.02)
    assert reliability(scores[:0], scores[:0] > 0).error == -1


def test_one_object_makes_one_box_right() -> None:
    name = asked('present', [BOX], [BOX, BOX, FAR], [0.5, 0.9, 0.2])
    found = score_boxes([name], 0.1)
    assert dict(zip(found.scores.round(1).tolist(), found.right.tolist())) == {
        0.9: True,
        0.5: False,
        0.2: False,
    }
    assert len(score_boxes([name], 0.3).scores) == 2
