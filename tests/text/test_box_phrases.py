"""Which boxes are refused, and where; whose words are looked up is tested with the
losses that see them."""

import pytest
import torch
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import HorizontalBoxes

from glipv2.text.box_phrases import check_boxes
from glipv2.text.sample_text import prompt_of
from tests.tiny import sample_of

GOOD = [1, 1, 9, 9]


def check(sample: DetDataSample) -> None:
    """Check a sample's boxes against its own text."""
    check_boxes(sample, prompt_of(sample))


@pytest.mark.parametrize(
    ('sample', 'message'),
    [
        (sample_of(('dog',), [GOOD, GOOD], [0, 1]), 'box 1 has label 1.*1 phrases'),
        (sample_of(('dog',), [GOOD], [-1]), 'box 0 has label -1'),
        (sample_of(('dog',), [GOOD, [9, 1, 9, 9]], [0, 0]), 'box 1 is .*x1 < x2'),
        (sample_of(('dog',), [[1, 9, 9, 1]], [0]), 'box 0 is .*y1 < y2'),
        (sample_of(('dog',), [[1, 1, 9, float('inf')]], [0]), 'box 0 is .*finite'),
        (
            sample_of('a dog', [GOOD], [0], tokens_positive={1: [[2, 5]]}),
            'box 0 has label 0, for which tokens_positive gives no words',
        ),
    ],
)
def test_a_box_that_teaches_nothing_is_named(
    sample: DetDataSample, message: str
) -> None:
    with pytest.raises(ValueError, match=f'image.jpg: {message}'):
        check(sample)
    boxes = sample.gt_instances.bboxes
    sample = sample.clone()
    sample.gt_instances.bboxes = HorizontalBoxes(boxes)
    with pytest.raises(ValueError, match=f'image.jpg: {message}'):
        check(sample)


def test_usable_boxes_and_no_boxes_pass() -> None:
    check(sample_of(('dog', 'cat'), [GOOD, [0, 0, 0.5, 0.5]], [1, 0]))
    check(sample_of(('dog',)))
    check(sample_of('a dog', tokens_positive={}))


def test_boxes_on_a_device_are_not_read_back() -> None:
    """Tensors of the device "meta" have no values that could be read."""
    sample = sample_of(('dog',), [GOOD], [5])
    check(sample.to(torch.device('meta')))
