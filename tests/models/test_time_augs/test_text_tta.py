"""Views of an image merged: boxes, masks and names lie where they were found."""

import pytest
import torch
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData

from glipv2.models import TextTTAModel
from tests.tiny import tiny_model

HEIGHT, WIDTH = 20, 30
AXES = {'horizontal': (1,), 'vertical': (0,), 'diagonal': (0, 1)}


def make_model(max_per_img: int = 10) -> TextTTAModel:
    """Build it as a config does."""
    tta = dict(nms=dict(type='nms', iou_threshold=0.5), max_per_img=max_per_img)
    return MODELS.build(
        ConfigDict(type='TextTTAModel', module=tiny_model(), tta_cfg=tta)
    )


def view_of(
    objects: list[tuple[list[int], int, float]],
    direction: str | None = None,
    masks: bool = True,
) -> DetDataSample:
    """Find objects (box, label, score); each mask lacks the first pixel of its box."""
    sample = DetDataSample(
        metainfo=dict(
            ori_shape=(HEIGHT, WIDTH), flip=direction is not None,
            flip_direction=direction,
        )
    )  # fmt: skip
    drawn = torch.zeros(len(objects), HEIGHT, WIDTH, dtype=torch.bool)
    boxes = torch.zeros(len(objects), 4)
    for number, ((left, top, right, bottom), _, _) in enumerate(objects):
        mask = drawn[number]
        mask[top:bottom, left:right] = True
        mask[top, left] = False
        if direction:
            mask.copy_(mask.flip(AXES[direction]))
        rows, columns = mask.nonzero().T
        boxes[number] = torch.stack(
            (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        )
    sample.pred_instances = InstanceData(
        bboxes=boxes,
        labels=torch.tensor([label for _, label, _ in objects], dtype=torch.long),
        scores=torch.tensor([score for _, _, score in objects]),
        label_names=['dog' if label == 0 else 'cat' for _, label, _ in objects],
    )
    if masks:
        sample.pred_instances.masks = drawn
    return sample


@pytest.mark.parametrize('direction', AXES)
def test_masks_lie_in_their_boxes_again(direction: str) -> None:
    left, right = [2, 3, 12, 10], [16, 8, 28, 18]
    views = [
        view_of([(left, 0, 0.9), (right, 1, 0.3)], direction),
        view_of([(right, 1, 0.8), (left, 0, 0.2)]),
    ]
    (merged,) = make_model().merge_preds([views])
    expected = view_of([(left, 0, 0.9), (right, 1, 0.8)]).pred_instances
    found = merged.pred_instances
    assert not merged.flip  # the ground truth of this view is the image's
    for key in ('bboxes', 'labels', 'scores', 'masks'):
        torch.testing.assert_close(found[key], expected[key])
    assert found.label_names == ['dog', 'cat']


def test_boxes_alone_and_the_limit() -> None:
    views = [
        view_of([([2, 3, 12, 10], 0, 0.9)], 'horizontal', masks=False),
        view_of([([16, 8, 28, 18], 0, 0.5)], masks=False),
    ]
    found = make_model(max_per_img=1).merge_preds([views])[0].pred_instances
    assert found.bboxes.tolist() == [[2, 3, 12, 10]]
    assert 'masks' not in found


def test_nothing_found() -> None:
    views = [view_of([], 'horizontal'), view_of([])]
    found = make_model().merge_preds([views])[0].pred_instances
    assert found.masks.shape == (0, HEIGHT, WIDTH)
    assert found.label_names == []
