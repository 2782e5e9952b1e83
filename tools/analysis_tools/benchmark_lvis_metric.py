"""LVIS fixed AP: time and memory of StreamingLVISMetric and mmdet's metric.

    python tools/analysis_tools/benchmark_lvis_metric.py --images 1000

Made-up truth and predictions: 1,203 categories of falling frequency, 12 objects and 300
boxes an image. Both metrics run in turns, from the first batch to the figures, which
have to agree; then each streams images in a process of its own, without evaluation,
for its memory (mmdet's not for more images than were timed).
"""

import argparse
import contextlib
import io
import json
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from mmdet.evaluation.metrics.lvis_metric import LVISFixedAPMetric
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger
from mmengine.structures import InstanceData

from glipv2.benchmarks.peers.measure import own_peak, peak_of_child, time_in_turns
from glipv2.evaluation import StreamingLVISMetric
from glipv2.evaluation.lvis_protocol import numpy_float

CATEGORIES = 1203  # of LVIS v1
OBJECTS = 12  # about LVIS's mean an image
SIZE = 480
METRICS = ('nothing', 'ours', 'mmdet')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--images', type=int, default=1000)
    parser.add_argument('--boxes', type=int, default=300)
    parser.add_argument('--repeats', type=int, default=3)
    parser.add_argument('--memory-images', type=int, nargs='+', default=[1000, 4000])
    parser.add_argument('--child', choices=METRICS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    MMLogger.get_instance('mmengine', log_level='ERROR')
    logging.getLogger('lvis').setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        ann_file = Path(folder) / 'lvis.json'
        boxes, labels = write_truth(ann_file, args.images)
        if args.child:
            metric = build(args.child, ann_file) if args.child != 'nothing' else None
            for sample in predictions(boxes, labels, args.boxes):
                if metric is not None:
                    metric.process({}, [sample])
            print(own_peak())
            return
        samples = list(predictions(boxes, labels, args.boxes))
        compare_time(ann_file, samples, args.repeats)
    for count in args.memory_images:
        # mmdet merges lists in Python, which becomes slow with many images.
        names = METRICS if count <= args.images else METRICS[:-1]
        options = ['--images', str(count), '--boxes', str(args.boxes), '--child']
        base, *peaks = (peak_of_child([*options, name]) for name in names)
        shown = ', '.join(
            f'{peak - base:.0f} MB {where}'
            for peak, where in zip(peaks, ('here', 'in mmdet'))
        )
        print(f'memory while {count} images stream: {shown}, above {base:.0f} MB')


def build(name: str, ann_file: Path) -> BaseMetric:
    """Build one of the metrics."""
    if name == 'ours':
        return StreamingLVISMetric(str(ann_file))
    return LVISFixedAPMetric(str(ann_file))


def compare_time(ann_file: Path, samples: list[dict], repeats: int) -> None:
    """Run both metrics in turns; print seconds and their ratio."""
    figures = {}

    def run(name: str) -> None:
        with contextlib.redirect_stdout(io.StringIO()), numpy_float():
            metric = build(name, ann_file)
            for sample in samples:
                metric.process({}, [sample])
            figures[name] = metric.evaluate(len(samples))

    ours, theirs = time_in_turns((lambda: run('ours'), lambda: run('mmdet')), repeats)
    keys = list(figures['ours'])
    np.testing.assert_allclose(
        [figures['ours'][key] for key in keys],
        [figures['mmdet'][key] for key in keys],
        atol=1e-6,
    )
    print(
        f'{len(samples)} images: {ours:.1f} s here, {theirs:.1f} s in mmdet, '
        f'{theirs / ours:.1f} times faster; the figures agree to six digits'
    )


def write_truth(path: Path, num_images: int) -> tuple[np.ndarray, np.ndarray]:
    """Write an LVIS file.

    Args:
        path: The file.
        num_images: Number of images.

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


if __name__ == '__main__':
    main()
