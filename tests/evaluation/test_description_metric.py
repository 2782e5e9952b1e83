"""AP of descriptions: mmdet's figures where it has any, and sound ones elsewhere."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmdet.evaluation.metrics import DODCocoMetric
from mmengine.structures import InstanceData

from glipv2.evaluation import DescriptionMetric

NAMES = (
    'dog', 'a red cup', 'a dog without any leash', 'a cup at the far left side of it',
    'a man who holds nothing in either of his two hands today',
)  # fmt: skip
RNG = np.random.default_rng(0)


def write(path: Path, names: tuple[str, ...], images: int = 6) -> list[dict]:
    """Write a file with a box for each name of each image; its boxes."""
    boxes = [
        dict(
            id=i * len(names) + j + 1, image_id=i, category_id=j + 1, iscrowd=0,
            bbox=[int(x) for x in RNG.integers(5, 60, 4)],
        )
        for i in range(images) for j in range(len(names)) if (i + j) % 3
    ]  # fmt: skip
    for box in boxes:
        box['area'] = box['bbox'][2] * box['bbox'][3]
    content = dict(
        images=[
            dict(id=i, file_name=f'{i}.jpg', width=130, height=130)
            for i in range(images)
        ],
        categories=[dict(id=j + 1, name=name) for j, name in enumerate(names)],
        annotations=boxes,
    )
    path.write_text(json.dumps(content))
    return boxes


def samples(boxes: list[dict], shift: float, images: int = 6) -> list[dict]:
    """Find every box, moved; an image is asked for three descriptions."""
    found = []
    for i in range(images):
        mine = [x for x in boxes if x['image_id'] == i]
        sent_ids = np.array(sorted({x['category_id'] for x in mine}))
        xywh = torch.tensor([x['bbox'] for x in mine], dtype=torch.float32)
        labels = [int(np.searchsorted(sent_ids, x['category_id'])) for x in mine]
        moved = shift * torch.arange(len(mine))[:, None]
        instances = InstanceData(
            bboxes=torch.cat((xywh[:, :2], xywh[:, :2] + xywh[:, 2:]), 1) + moved,
            scores=torch.linspace(0.9, 0.2, len(mine)),
            labels=torch.tensor(labels),
        )
        found.append(dict(img_id=i, sent_ids=sent_ids, pred_instances=instances))
    return found


@pytest.mark.parametrize('shift', [0.0, 2.5])
def test_figures_are_mmdets(tmp_path: Path, shift: float) -> None:
    boxes = write(tmp_path / 'a.json', NAMES)
    figures = []
    for metric in (DescriptionMetric, DODCocoMetric):
        judge = metric(ann_file=str(tmp_path / 'a.json'))
        judge.process({}, samples(boxes, shift))
        figures.append(judge.compute_metrics(judge.results))
    ours, theirs = figures
    assert ours.keys() == theirs.keys()
    for key, value in theirs.items():
        assert ours[key] == pytest.approx(value, abs=6e-4), key
    assert (ours['mAP'] == pytest.approx(1)) == (shift == 0)


def test_lengths_that_no_description_has_are_nothing(tmp_path: Path) -> None:
    boxes = write(tmp_path / 'a.json', NAMES[:2])
    judge = DescriptionMetric(ann_file=str(tmp_path / 'a.json'))
    judge.process({}, samples(boxes, 0.0))
    figures = judge.evaluate(6)
    assert figures['description/mAP_short'] == pytest.approx(1)
    assert figures['description/mAP_long'] == figures['description/mAP_mid'] == -1


def test_nothing_found_is_zero(tmp_path: Path) -> None:
    boxes = write(tmp_path / 'a.json', NAMES)
    judge = DescriptionMetric(ann_file=str(tmp_path / 'a.json'), prefix='d3_abs')
    for sample in samples(boxes, 0.0):
        sample['pred_instances'] = sample['pred_instances'][:0]
        judge.process({}, [sample])
    figures = judge.evaluate(6)
    assert figures['d3_abs/mAP'] == figures['d3_abs/mAP_short'] == 0
