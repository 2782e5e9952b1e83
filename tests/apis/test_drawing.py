"""Sentences of predictions over the lower edge of their image."""

import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData

from glipv2.apis.drawing import draw_prediction
from glipv2.drawing.colours import BLACK, phrase_colours

IMAGE = np.full((480, 640, 3), 120, np.uint8)
COLOURS = phrase_colours(2)


def colours_of(drawn: np.ndarray) -> set[tuple]:
    """List the colours of the last lines."""
    return {tuple(x) for x in drawn[-20:].reshape(-1, 3).tolist()}


def grounded() -> DetDataSample:
    """Make a grounded sentence with a box for its second phrase."""
    found = InstanceData(
        bboxes=torch.tensor([[20.0, 30, 90, 90]]),
        labels=torch.tensor([1]),
        scores=torch.tensor([0.9]),
        label_names=['a cat'],
    )
    sample = DetDataSample(pred_instances=found)
    sample.text, sample.tokens_positive = 'a dog and a cat', [[[0, 5]], [[10, 15]]]
    return sample


def test_a_grounded_sentence_has_the_colours_of_its_boxes() -> None:
    drawn = draw_prediction(IMAGE, grounded())
    assert drawn.shape == IMAGE.shape
    assert {*COLOURS, BLACK} <= colours_of(drawn)
    assert tuple(drawn[60, 20]) == COLOURS[1]


def test_a_grounded_sentence_leaves_small_images_free() -> None:
    drawn = draw_prediction(IMAGE[:60, :90], grounded())
    assert drawn.shape == (60, 90, 3) and BLACK not in colours_of(drawn)


@pytest.mark.parametrize('size', [(480, 640), (60, 90), (20, 20)])
def test_an_answer_is_shown_on_any_image(size: tuple[int, int]) -> None:
    sample = DetDataSample()
    sample.task, sample.text, sample.pred_answer = 'vqa', 'what is it?', 'dog ' * 40
    image = IMAGE[: size[0], : size[1]]
    drawn = draw_prediction(image, sample)
    assert drawn.shape == image.shape
    changed = (drawn != image).any((1, 2))
    assert size == (20, 20) or 0 < changed.mean() <= 0.5


def test_a_grounded_caption_is_coloured() -> None:
    sample = grounded()
    sample.task, sample.text = 'grounded_caption', ''
    sample.pred_caption = 'a dog, a cat'
    sample.pred_phrases = [
        dict(phrase='a dog', tokens_positive=[[0, 5]]),
        dict(phrase='a cat', tokens_positive=[[7, 12]]),
    ]
    assert {*COLOURS} <= colours_of(draw_prediction(IMAGE, sample))
    violet = draw_prediction(IMAGE, sample, palette='coco')
    assert not {*COLOURS} & colours_of(violet)


def test_nothing_to_draw() -> None:
    np.testing.assert_array_equal(draw_prediction(IMAGE, None), IMAGE)
