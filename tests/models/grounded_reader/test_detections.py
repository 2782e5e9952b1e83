"""Detections of fixed number equal those that the box head keeps."""

import pytest
import torch
from torch import Tensor, nn

from glipv2.models.grounded_reader.detections import boxes_of, detect
from glipv2.structures.grounding import Grounding
from tests.tiny import tiny_model

SIZES = ((8, 12), (4, 6), (2, 3))
COUNT = sum(height * width for height, width in SIZES)
SETS = 5


def head_of(**test_cfg: object) -> nn.Module:
    nms = dict(type='nms', iou_threshold=0.5)
    cfg = dict(score_thr=0.2, nms=nms, nms_pre=1000, max_per_img=10**4)
    return tiny_model(test_cfg={**cfg, **test_cfg}).bbox_head


def output(images: int) -> Grounding:
    """Make raw output whose boxes overlap in chains."""
    return Grounding(
        torch.randn(images, COUNT, SETS), torch.randn(images, COUNT, 4) / 2,
        torch.randn(images, COUNT), SIZES,
    )  # fmt: skip


def kept_by_head(
    head: nn.Module, out: Grounding, image: int, shape: tuple[int, int]
) -> list[set[tuple[float, ...]]]:
    """Suppress one after the other, with mmcv's operator."""
    one = Grounding(
        out.logits[image : image + 1], out.boxes[image : image + 1],
        out.centerness[image : image + 1], out.sizes,
    )  # fmt: skip
    meta = dict(img_shape=shape)
    (candidates,) = head.candidates(one, [torch.eye(SETS).bool()], [meta])
    kept = head.suppress(candidates, meta, rescale=False)
    return [
        {
            tuple(round(x, 3) for x in [*box, score])
            for box, score in zip(
                kept.bboxes[kept.labels == label].tolist(),
                kept.scores[kept.labels == label].tolist(),
            )
        }
        for label in range(SETS)
    ]


@pytest.mark.parametrize('threshold', [0.3, 0.5, 0.8])
def test_they_equal_what_the_box_head_keeps(threshold: float) -> None:
    torch.manual_seed(0)
    head, out = head_of(nms=dict(type='nms', iou_threshold=threshold)), output(3)
    shapes = [(64, 96), (50, 90), (64, 40)]
    boxes = boxes_of(head, out, torch.tensor(shapes).float())
    found = detect(head, out, out.logits.sigmoid(), boxes, None, COUNT)
    for image, shape in enumerate(shapes):
        expected = kept_by_head(head, out, image, shape)
        for number in range(SETS):
            own, scores = boxes[image, found.rows[image, number]], found.scores
            kept = scores[image, number] > 0
            got = {
                tuple(round(x, 3) for x in [*box, score])
                for box, score in zip(
                    own[kept].tolist(), scores[image, number][kept].tolist()
                )
            }
            assert got == expected[number] and len(got) > 3


def best_of(scores: Tensor) -> list[float]:
    return [round(x, 4) for x in scores.tolist() if x > 0]


def test_the_best_of_each_level_are_looked_at() -> None:
    head, out = (
        head_of(score_thr=0.0, nms=dict(type='nms', iou_threshold=1.0)),
        output(1),
    )
    boxes = boxes_of(head, out, torch.tensor([[64.0, 96.0]]))
    found = detect(head, out, out.logits.sigmoid(), boxes, None, 7)
    assert found.scores.shape == (1, SETS, 3 * 7)
    joint = (out.logits.sigmoid() * out.centerness.sigmoid()[..., None]).sqrt()[0]
    levels = joint.split([height * width for height, width in SIZES])
    best = torch.cat([level.topk(min(7, len(level)), 0)[0] for level in levels])
    for number in range(SETS):
        expected = best[:, number].sort(descending=True)[0]
        assert best_of(found.scores[0, number]) == best_of(expected)


def test_nothing_is_found_outside() -> None:
    head, out = head_of(), output(2)
    visible = torch.ones(2, COUNT).bool()
    visible[1, 20:] = False
    boxes = boxes_of(head, out, torch.full((2, 2), 64.0))
    found = detect(head, out, out.logits.sigmoid(), boxes, visible, COUNT)
    assert found.rows[1][found.scores[1] > 0].max() < 20
    assert found.rows[0][found.scores[0] > 0].max() >= 20
    none = detect(head, out, torch.zeros(2, COUNT, 1), boxes, visible, COUNT)
    assert not none.scores.any()
