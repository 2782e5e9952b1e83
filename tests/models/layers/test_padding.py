"""Where images lie in a padded batch."""

import pytest
import torch
from mmdet.models.task_modules import AnchorGenerator
from torch import Tensor

from glipv2.models.layers.padding import group_by_size, inside_masks
from tests.tiny import sample_of


def test_masks_mark_cells_that_begin_inside() -> None:
    samples = [sample_of('x', shape=(32, 64)), sample_of('x', shape=(17, 33))]
    pyramid = [torch.zeros(2, 1, 4, 8), torch.zeros(2, 1, 2, 4)]
    masks = inside_masks(samples, pyramid, (32, 64))
    for mask, stride in zip(masks, (8, 16)):
        for image, (height, width) in enumerate(((32, 64), (17, 33))):
            for row in range(mask.shape[1]):
                for column in range(mask.shape[2]):
                    inside = row * stride < height and column * stride < width
                    assert bool(mask[image, row, column]) == inside


STRIDES = (8, 16, 32, 64, 128)
SIDES = (31, 97, 100, 128, 129, 300, 435, 750, 800, 1333, 1620)


def padded_size(size: tuple[int, int]) -> tuple[int, int]:
    return tuple(-(-side // 32) * 32 for side in size)


def pyramid_of(count: int, size: tuple[int, int]) -> list[Tensor]:
    """Make the levels that a backbone and strided convolutions give."""
    return [
        torch.zeros(count, 1, *(-(-side // stride) for side in size))
        for stride in STRIDES
    ]


@pytest.mark.parametrize('batch', [(320, 1632), (800, 1344), (1632, 448), (160, 192)])
def test_masks_are_the_anchors_flags_in_a_batch_of_any_size(
    batch: tuple[int, int],
) -> None:
    shapes = [
        (height, width)
        for height in SIDES
        for width in SIDES
        if height <= batch[0] and width <= batch[1]
    ]
    samples = [sample_of('x', shape=shape) for shape in shapes]
    together = inside_masks(samples, pyramid_of(len(shapes), batch), batch)
    anchors = AnchorGenerator(strides=STRIDES, ratios=[1.0], scales=[8])
    for number, shape in enumerate(shapes):
        sizes = [mask.shape[1:] for mask in together]
        flags = anchors.valid_flags(sizes, shape, 'cpu')
        for mask, flag in zip(together, flags):
            assert torch.equal(mask[number].flatten(), flag)
        own = padded_size(shape)
        alone = inside_masks([samples[number]], pyramid_of(1, own), own)
        if alone is None:
            alone = [torch.ones_like(x[:, 0]).bool() for x in pyramid_of(1, own)]
        for mask, other in zip(together, alone):
            assert int(mask[number].sum()) == int(other.sum())


def test_no_masks_when_every_image_fills_the_batch() -> None:
    samples = [sample_of('x', shape=(32, 64))] * 2
    assert inside_masks(samples, [torch.zeros(2, 1, 4, 8)], (32, 64)) is None


def test_images_are_grouped_by_their_own_padded_size() -> None:
    samples = [
        sample_of('x', pad_shape=(32, 64)),
        sample_of('x', pad_shape=(64, 64)),
        sample_of('x', pad_shape=(32, 64)),
        sample_of('x'),
    ]
    assert group_by_size(samples, (64, 96)) == {
        (32, 64): [0, 2],
        (64, 64): [1],
        (64, 96): [3],
    }
