"""OmniLabel's figures: hand-made cases, and a plain computation of pooled AP."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData

from glipv2.evaluation import OmniLabelMetric

FREE, NAME = 'object_description', 'object_category'
Found = tuple[int, int, Sequence[float], float]  # image, description, corners, score


def write(file: Path, texts: dict[int, tuple[str, str]], objects: list[dict]) -> Path:
    """Write a file in which both images are asked for everything."""
    content = dict(
        images=[dict(id=number, file_name=f'coco/{number}.jpg') for number in (1, 2)],
        descriptions=[
            dict(id=n, text=text, image_ids=[1, 2], anno_info=dict(type=kind))
            for n, (text, kind) in texts.items()
        ],
        annotations=[dict(found, id=row) for row, found in enumerate(objects, 1)],
    )
    file.write_text(json.dumps(content))
    return file


def figures_of(file: Path, found: Sequence[Found], images: tuple = (1, 2)) -> dict:
    """Measure boxes, of images that were tested."""
    metric = OmniLabelMetric(ann_file=str(file))
    ids = [x['id'] for x in json.loads(file.read_text())['descriptions']]
    for image in images:
        own = [x for x in found if x[0] == image]
        instances = InstanceData(
            bboxes=torch.tensor([x[2] for x in own]).reshape(-1, 4),
            scores=torch.tensor([x[3] for x in own]),
            labels=torch.tensor([ids.index(x[1]) for x in own], dtype=torch.long),
        )
        sample = dict(img_id=image, description_ids=[[x] for x in ids])
        metric.process({}, [dict(sample, pred_instances=instances)])
    return {k.split('/')[1]: v for k, v in metric.evaluate(len(images)).items()}


TEXTS = {
    5: ('dog', NAME), 6: ('red car', NAME), 7: ('the dog at the left', FREE),
    8: ('a dog without a leash that looks at the car', FREE), 9: ('two cars', FREE),
}  # fmt: skip
BOXES = ((10, 10, 30, 20), (50, 10, 20, 20), (10, 60, 40, 30))  # x, y, width, height


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Three objects in the first image, none in the second, which is asked, too."""
    fits = ([5, 7], [6], [5])
    return write(tmp_path / 'omnilabel.json', TEXTS, [
        dict(image_id=1, bbox=box, description_ids=ids)
        for box, ids in zip(BOXES, fits)
    ])  # fmt: skip


def corners(place: int) -> list[float]:
    """Turn a box into its corners."""
    x, y, width, height = BOXES[place]
    return [float(x), float(y), float(x + width), float(y + height)]


ALL: list[Found] = [
    (1, 5, corners(0), 0.5), (1, 7, corners(0), 0.5), (1, 6, corners(1), 0.5),
    (1, 5, corners(2), 0.5),
]  # fmt: skip
WRONG = [70.0, 70.0, 80.0, 80.0]


@pytest.mark.parametrize(
    'found, expected',
    [
        (ALL, dict(AP=1, AP_categ=1, AP_descr=1, AP_descr_m=1, AR_categ=1)),
        # A miss: two of three objects with names are found.
        (ALL[:3], dict(AR_categ=2 / 3, AP_descr=1)),
        # A surer box where nothing is, and in the image without anything.
        ([*ALL, (1, 6, WRONG, 0.9)], dict(AP_categ=3 / 4, AP_descr=1)),
        ([*ALL, (2, 5, WRONG, 0.9)], dict(AP_categ=3 / 4, AP=2 * 0.75 / 1.75)),
        # Of a description that nothing fits.
        ([*ALL, (1, 8, WRONG, 0.9)], dict(AP_descr=1 / 2, AP_descr_pos=1, AP_categ=1)),
        ([], dict(AP=0, AP_categ=0, AP_descr=0, AR_descr=0)),
    ],
)
def test_by_hand(file: Path, found: list[Found], expected: dict) -> None:
    figures = figures_of(file, found)
    for name, value in expected.items():
        assert figures[name] == pytest.approx(value, abs=1e-5), name
    assert figures['AP_descr_s'] == figures['AP_descr_l'] == -1  # nothing to find


def test_images_that_were_not_tested_are_no_misses(file: Path) -> None:
    assert figures_of(file, [], images=(2,))['AP'] == -1
    assert figures_of(file, ALL, images=(1,))['AP'] == pytest.approx(1, abs=1e-5)


def overlap(box: Sequence[float], other: Sequence[float]) -> float:
    """Compute the IoU of two boxes by their corners."""
    sides = [
        max(min(box[k + 2], other[k + 2]) - max(box[k], other[k]), 0) for k in (0, 1)
    ]
    areas = [(x[2] - x[0]) * (x[3] - x[1]) for x in (box, other)]
    return sides[0] * sides[1] / (sum(areas) - sides[0] * sides[1])


def plain_ap(truths: dict[tuple, list], found: dict[tuple, list], iou: float) -> float:
    """Match per pair, pool, and take the mean of 101 precisions."""
    pooled = []
    for pair, boxes in truths.items():
        left = list(boxes)
        for score, box in sorted(found.get(pair, []), reverse=True):
            best = max(left, key=lambda other: overlap(box, other), default=None)
            right = best is not None and overlap(box, best) >= iou
            pooled.append((score, right))
            if right:
                left.remove(best)
    count = sum(map(len, truths.values()))
    right = np.cumsum([x for _, x in sorted(pooled, reverse=True)])
    precision = right / np.arange(1, len(right) + 1)
    recall = right / count
    return float(np.mean([
        precision[recall >= level].max(initial=0) for level in np.linspace(0, 1, 101)
    ]))  # fmt: skip


@pytest.mark.parametrize('seed', range(3))
def test_as_a_plain_computation(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    objects, found = [], []
    for image in (1, 2):
        for _ in range(8):
            box = [*rng.uniform(0, 300, 2).round(), *rng.uniform(20, 60, 2).round()]
            ids = rng.choice([*TEXTS], 2, replace=False).tolist()
            objects.append(dict(image_id=image, bbox=box, description_ids=ids))
            for each in ids:
                x, y, width, height = np.array(box) + rng.uniform(-4, 4, 4)
                found.append((image, each, [x, y, x + width, y + height], rng.random()))
        for each in TEXTS:
            x, y = rng.uniform(0, 300, 2)
            found.append((image, each, [x, y, x + 40, y + 30], rng.random()))
    found = [(i, n, np.float32(box).tolist(), np.float32(s)) for i, n, box, s in found]
    file = write(tmp_path / 'omnilabel.json', TEXTS, objects)
    figures = figures_of(file, found)
    for kind, name in ((NAME, 'categ'), (FREE, 'descr')):
        chosen = [n for n, (_, own) in TEXTS.items() if own == kind]
        truths = {(image, n): [] for image in (1, 2) for n in chosen}
        for each in objects:
            x, y, width, height = each['bbox']
            for n in each['description_ids']:
                if n in chosen:
                    truths[each['image_id'], n].append([x, y, x + width, y + height])
        boxes = {
            pair: [(s, b) for i, n, b, s in found if (i, n) == pair] for pair in truths
        }
        for percent in (50, 75):
            expected = plain_ap(truths, boxes, percent / 100)
            assert figures[f'AP_{name}_{percent}'] == pytest.approx(expected, abs=1e-9)


def test_what_cannot_be_measured_is_said(tmp_path: Path, file: Path) -> None:
    bare = write(tmp_path / 'test.json', TEXTS, [])
    with pytest.raises(ValueError, match='test.json has no annotations'):
        OmniLabelMetric(ann_file=str(bare))
    with pytest.raises(FileNotFoundError, match='gone.json'):
        OmniLabelMetric(ann_file=str(tmp_path / 'gone.json'))
    with pytest.raises(KeyError, match='meta_keys'):
        OmniLabelMetric(ann_file=str(file)).process({}, [dict(img_id=1)])
