"""Precision of referring expressions, counted by hand."""

import json
from pathlib import Path

import pytest
import torch
from mmengine.structures import InstanceData

from glipv2.evaluation import ReferringPrecision

TRUE = [10, 10, 20, 20]  # x, y, width, height
HIT, MISS = [11.0, 10, 30, 30], [60.0, 60, 80, 80]


def write(path: Path, names: list[str]) -> str:
    """Write an annotation file of one expression a picture."""
    images = [
        dict(id=i, file_name=f'{i}.jpg', dataset_name=name, caption='the left dog')
        for i, name in enumerate(names)
    ]
    annotations = [
        dict(id=i + 1, image_id=i, category_id=1, bbox=TRUE, area=400, iscrowd=0)
        for i in range(len(names))
    ]
    categories = [dict(id=1, name='object')]
    content = dict(images=images, annotations=annotations, categories=categories)
    path.write_text(json.dumps(content))
    return str(path)


def sample_of(img_id: int, boxes: list, scores: list) -> dict:
    """Make a prediction."""
    found = InstanceData(
        bboxes=torch.tensor(boxes).reshape(-1, 4), scores=torch.tensor(scores)
    )
    return dict(img_id=img_id, pred_instances=found)


def test_figures_by_hand(tmp_path: Path) -> None:
    path = write(tmp_path / 'a.json', ['refcoco', 'refcoco', 'refcocog', 'refcocog'])
    metric = ReferringPrecision(ann_file=path, topk=(1, 2))
    metric.process(
        {},
        [
            sample_of(0, [HIT], [0.9]),
            sample_of(1, [MISS, HIT], [0.2, 0.8]),  # not in order: the hit is first
            sample_of(2, [MISS, HIT], [0.8, 0.2]),
            sample_of(3, [], []),  # nothing found
        ],
    )
    assert metric.evaluate(4) == {
        'refexp/mean_precision': 0.625,
        'refexp/refcoco_precision@1': 1.0,
        'refexp/refcoco_precision@2': 1.0,
        'refexp/refcocog_precision@1': 0.0,
        'refexp/refcocog_precision@2': 0.5,
    }


def test_a_picture_of_another_file_is_named(tmp_path: Path) -> None:
    metric = ReferringPrecision(ann_file=write(tmp_path / 'a.json', ['refcoco']))
    with pytest.raises(ValueError, match='picture 9 has 0 boxes'):
        metric.process({}, [sample_of(9, [HIT], [0.9])])
