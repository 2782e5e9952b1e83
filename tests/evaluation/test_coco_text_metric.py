"""AP of a model that finds nothing, with boxes and masks."""

import json
from pathlib import Path

import pytest
import torch
from mmdet.evaluation.metrics import CocoMetric
from mmengine.structures import InstanceData

from glipv2.evaluation import CocoTextMetric


def write(path: Path, size: int) -> str:
    """Write one image with a box and its mask; a class has none."""
    corner = 5 + size
    annotation = dict(
        id=1, image_id=3, category_id=2, bbox=[5, 5, size, size], area=size * size,
        iscrowd=0, segmentation=[[5, 5, corner, 5, corner, corner, 5, corner]],
    )  # fmt: skip
    categories = [dict(id=2, name='cat'), dict(id=7, name='dog')]
    images = [dict(id=3, file_name='a.png', width=60, height=50)]
    content = dict(images=images, annotations=[annotation], categories=categories)
    path.write_text(json.dumps(content))
    return str(path)


def score(metric: CocoMetric, boxes: list) -> dict:
    metric.dataset_meta = dict(classes=('cat', 'dog'))
    count = len(boxes)
    masks = torch.zeros((count, 50, 60), dtype=torch.bool)
    masks[:, 5:25, 5:25] = True
    found = InstanceData(
        bboxes=torch.tensor(boxes).reshape(-1, 4), scores=torch.ones(count),
        labels=torch.zeros(count, dtype=torch.long), masks=masks,
    )  # fmt: skip
    metric.process({}, [dict(img_id=3, ori_shape=(50, 60), pred_instances=found)])
    return metric.evaluate(1)


def test_nothing_found_is_zero_and_nothing_to_measure_is_minus_one(
    tmp_path: Path,
) -> None:
    file = write(tmp_path / 'a.json', 20)
    kinds = ['bbox', 'segm']
    assert score(CocoMetric(ann_file=file, metric=kinds), []) == {}  # mmdet's
    figures = score(CocoTextMetric(ann_file=file, metric=kinds, classwise=True), [])
    for kind in kinds:
        assert figures[f'coco/{kind}_mAP'] == figures[f'coco/{kind}_mAP_s'] == 0
        assert figures[f'coco/{kind}_mAP_l'] == -1


@pytest.mark.parametrize('box', [[5.0, 5, 25, 25], [30.0, 30, 40, 40]])
def test_other_figures_are_mmdets(tmp_path: Path, box: list) -> None:
    file = write(tmp_path / 'a.json', 20)
    kinds = ['bbox', 'segm']
    ours = score(CocoTextMetric(ann_file=file, metric=kinds), [box])
    assert ours == score(CocoMetric(ann_file=file, metric=kinds), [box]) != {}
