"""LVIS fixed AP on made-up truth and predictions: ours and mmdet's metric."""

import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from mmdet.evaluation.metrics.lvis_metric import LVISFixedAPMetric
from mmengine.evaluator import BaseMetric
from mmengine.structures import InstanceData

from ..evaluation import StreamingLVISMetric
from ..evaluation.lvis_protocol import numpy_float
from .measure import time_in_turns

CATEGORIES = 1203  # of LVIS v1
OBJECTS = 12  # about LVIS's mean an image
SIZE = 480


def build(name: str, ann_file: Path) -> BaseMetric:
    """Build one of the metrics."""
    if name == 'ours':
        return StreamingLVISMetric(str(ann_file))
    return LVISFixedAPMetric(str(ann_file))


def compare_time(ann_file: Path, samples: list[dict], repeats: int) -> list[float]:
    """Run both metrics in turns; their figures have to agree to six digits.

    Args:
        ann_file: An LVIS file.
        samples: Predictions.
        repeats: Timed runs of each.

    Returns:
        Median seconds of ours and of mmdet's.
    """
    figures = {}

    def run(name: str) -> None:
        with contextlib.redirect_stdout(io.StringIO()), numpy_float():
            metric = build(name, ann_file)
            for sample in samples:
                metric.process({}, [sample])
            figures[name] = metric.evaluate(len(samples))

    seconds = time_in_turns((lambda: run('ours'), lambda: run('mmdet')), repeats)
    keys = list(figures['ours'])
    np.testing.assert_allclose(
        [figures['ours'][key] for key in keys],
        [figures['mmdet'][key] for key in keys],
        atol=1e-6,
    )
    return seconds


def write_truth(path: Path, num_images: int) -> tuple[np.ndarray, np.ndarray]:
    """Write an LVIS file.

    Returns:
        (num_images, OBJECTS, 4) boxes as x1, y1, x2, y2, and (num_images, OBJECTS)
        labels.
    """
    rng = np.random.default_rng(0)
    labels = draw_labels(rng, (num_images, OBJECTS))
    boxes = draw_boxes(rng, (num_images, OBJECTS))
    sizes = boxes[..., 2:] - boxes[..., :2]
    images = [
        dict(
            id=index + 1,
            width=SIZE,
            height=SIZE,
            neg_category_ids=(rng.integers(0, CATEGORIES, 10) + 1).tolist(),
            not_exhaustive_category_ids=(labels[index, :1] + 1).tolist(),
        )
        for index in range(num_images)
    ]
    annotations = [
        dict(
            id=index * OBJECTS + number + 1,
            image_id=index + 1,
            category_id=int(labels[index, number]) + 1,
            bbox=[*boxes[index, number, :2].tolist(), *sizes[index, number].tolist()],
            area=float(sizes[index, number].prod()),
        )
        for index in range(num_images)
        for number in range(OBJECTS)
    ]
    categories = [
        dict(id=number + 1, name=f'{number}', frequency='fcr'[number % 3])
        for number in range(CATEGORIES)
    ]
    content = dict(images=images, annotations=annotations, categories=categories)
    path.write_text(json.dumps(content))
    return boxes, labels


def predictions(boxes: np.ndarray, labels: np.ndarray, count: int) -> Iterator[dict]:
    """Predict shaken true boxes first and boxes at random after them."""
    rng = np.random.default_rng(1)
    for index in range(len(boxes)):
        found_boxes, found_labels = (
            draw_boxes(rng, (count,)),
            draw_labels(rng, (count,)),
        )
        near = min(count, OBJECTS)
        found_boxes[:near] = boxes[index, :near] + rng.normal(0, 3, (near, 4))
        found_labels[:near] = labels[index, :near]
        scores = np.sort(rng.random(count))[::-1].copy()
        found = InstanceData(
            bboxes=torch.from_numpy(found_boxes).float(),
            scores=torch.from_numpy(scores).float(),
            labels=torch.from_numpy(found_labels),
        )
        yield dict(img_id=index + 1, pred_instances=found)


def draw_labels(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw categories whose frequency falls as fast as LVIS's, roughly."""
    return (rng.random(shape) ** 3 * CATEGORIES).astype(np.int64)


def draw_boxes(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw boxes of x1, y1, x2, y2."""
    corner = rng.random((*shape, 2)) * SIZE * 0.7
    return np.concatenate((corner, corner + 8 + rng.random((*shape, 2)) * 130), -1)
