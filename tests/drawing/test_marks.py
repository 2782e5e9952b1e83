"""Boxes, masks and labels on pixels."""

import numpy as np
import pytest
import torch
from mmdet.structures.mask import BitmapMasks
from mmengine.structures import InstanceData

from glipv2.drawing.colours import phrase_colours
from glipv2.drawing.instances import marks_of
from glipv2.drawing.marks import Marks, draw_marks, letter_size

COLOURS = phrase_colours(8)


def instances_of(boxes: list, scores: list | None, **fields: object) -> InstanceData:
    """Make instances with labels 0, 1, ..."""
    made = InstanceData(
        bboxes=torch.tensor(boxes).float().reshape(-1, 4),
        labels=torch.arange(len(boxes)),
        **fields,
    )
    if scores is not None:
        made.scores = torch.tensor(scores)
    return made


def test_the_best_box_is_drawn_last() -> None:
    boxes = [[10, 40, 80, 90]] * 3
    marks = marks_of(instances_of(boxes, [0.4, 0.9, 0.5]), ('a', 'b', 'c'))
    assert marks.names == ['b', 'c', 'a'] and marks.details[0] == '0.90'
    drawn = draw_marks(np.full((120, 160, 3), 255, np.uint8), marks, COLOURS)
    assert tuple(drawn[60, 10]) == COLOURS[1]
    assert len(marks_of(instances_of(boxes, [0.4, 0.9, 0.5]), score_thr=0.5).boxes) == 2


def test_without_scores_small_boxes_lie_on_large_ones() -> None:
    marks = marks_of(instances_of([[0, 0, 50, 50], [0, 0, 9, 9]], None), ('a',))
    assert marks.names == ['1', 'a'] and marks.details == ['', '']


def test_ids_are_written_and_may_choose_the_colour() -> None:
    found = instances_of(
        [[0, 0, 9, 9]] * 2, [0.9, 0.8], track_ids=torch.tensor([4, -1])
    )
    found.label_names = ['dog', 'cat']
    assert marks_of(found).names == ['#4 dog', 'cat']
    assert marks_of(found).labels == [0, 1]
    assert marks_of(found, colour_by_id=True).labels == [4, 0]


@pytest.mark.parametrize('form', ['tensor', 'bitmap'])
def test_a_mask_is_tinted_with_soft_edges(form: str) -> None:
    pixels = np.zeros((1, 60, 80), np.uint8)
    pixels[0, 20:40, 20:60] = 1
    masks = torch.tensor(pixels).bool()
    masks = masks if form == 'tensor' else BitmapMasks(pixels, 60, 80)
    marks = marks_of(instances_of([[70, 50, 75, 55]], [0.9], masks=masks), ('',), 2)
    drawn = draw_marks(np.full((120, 160, 3), 255, np.uint8), marks, COLOURS)
    inside = 255 + 0.45 * (np.array(COLOURS[0]) - 255)
    np.testing.assert_allclose(drawn[60, 80], inside, atol=1)
    assert (drawn[20, 80] == 255).all()
    edge = {tuple(x) for x in drawn[60, 112:126].tolist()}
    assert len(edge) > 3  # not only within and without


@pytest.mark.parametrize('size', [(1, 1), (3, 500), (96, 96), (480, 640)])
def test_any_image_keeps_its_size_and_what_was_given(size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 128, np.uint8)
    boxes = np.array([[-5.0, -5, 2, 2], [0, 0, 900, 900], [7, 7, 7, 7]])
    marks = Marks(boxes, [0, 1, 2], ['one', 'a long name ' * 9, '$x$'], ['0.9'] * 3)
    drawn = draw_marks(image, marks, COLOURS)
    assert drawn.shape == image.shape and drawn.dtype == np.uint8
    assert (image == 128).all() and (drawn != 128).any()


@pytest.mark.parametrize('side', [800, 1600, 4000, 12000])
def test_letters_are_readable_at_800_pixels(side: int) -> None:
    assert letter_size(side, side // 2) * 800 / side >= 13.9
    assert letter_size(50, 50) >= 9
