"""The report after fine-tuning: tables, boxes to draw, bad options."""

from collections import Counter

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData

from glipv2.engine.hooks.finetune_report import (
    FinetuneReport,
    boxes_to_draw,
    class_table,
    score_table,
    stack,
    with_headings,
)
from tests.tiny import sample_of

BEFORE = {'coco/bbox_mAP': 0.1, 'coco/dog_precision': 0.2, 'coco/cat_precision': 0.0}
AFTER = {
    'coco/bbox_mAP': 0.45,
    'coco/bbox_mAP_l': -1,
    'coco/dog_precision': 0.5,
    'coco/cat_precision': 0.4,
    'coco/owl_precision': float('nan'),
}


def test_score_table_leaves_out_what_was_not_measured() -> None:
    assert score_table(BEFORE, AFTER)[2:] == ['| coco/bbox_mAP | 10.0 | 45.0 |']


def test_class_table_has_the_weakest_class_first() -> None:
    rows = class_table(BEFORE, AFTER, Counter(dog=3, cat=2))[2:]
    assert rows == [
        '| cat | 2 | 0.0 | 40.0 |',
        '| dog | 3 | 20.0 | 50.0 |',
        '| owl | 0 | - | - |',
    ]


def test_no_class_table_without_class_scores() -> None:
    assert class_table({}, {'coco/bbox_mAP': 0.1}, Counter()) == []


def test_a_place_is_drawn_once_with_its_best_name() -> None:
    sample = sample_of(('dog', 'cat'), [[0, 0, 10, 10]], [1])
    sample.pred_instances = InstanceData(
        bboxes=torch.tensor([[0, 0, 10, 10.0], [0, 0, 10, 9.0], [20, 20, 30, 30]]),
        labels=torch.tensor([0, 1, 1]),
        scores=torch.tensor([0.3, 0.8, 0.5]),
    )
    drawn = boxes_to_draw(sample, 2)
    assert drawn.gt_instances.bboxes.tolist() == [[0, 0, 20, 20]]
    assert drawn.pred_instances.labels.tolist() == [1, 1]
    assert drawn.pred_instances.bboxes.tolist() == [[0, 0, 20, 18], [40, 40, 60, 60]]


def test_nothing_found_is_drawn_as_nothing() -> None:
    sample = sample_of(('dog',), [], [])
    sample.pred_instances = InstanceData(
        bboxes=torch.zeros(0, 4), labels=torch.zeros(0).long(), scores=torch.zeros(0)
    )
    assert len(boxes_to_draw(sample, 1).pred_instances) == 0


def test_images_of_different_sizes_are_stacked() -> None:
    sheet = stack([np.zeros((4, 6, 3), np.uint8), np.zeros((2, 3, 3), np.uint8)])
    assert sheet.shape == (4 + 2 + 2 * 8, 6, 3)
    assert (sheet[:4] == 0).all()
    assert (sheet[12:14, 3:] == 255).all()


def test_negative_number_of_images() -> None:
    with pytest.raises(ValueError, match='num_images must not be negative'):
        FinetuneReport(num_images=-1)


def test_each_half_has_its_heading() -> None:
    pair = np.full((300, 801 * 2, 3), 90, np.uint8)
    drawn = with_headings(pair)
    assert drawn.shape[1] == pair.shape[1]
    above = drawn[: len(drawn) - len(pair)]
    assert (above[:, :400] < 90).any() and (above[:, 801:1200] < 90).any()
    np.testing.assert_array_equal(drawn[len(above) :], pair)
