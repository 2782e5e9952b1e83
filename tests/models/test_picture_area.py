"""Where pictures lie in a padded batch."""

import torch

from glipv2.models.picture_area import group_by_size, inside_masks
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


def test_no_masks_when_every_picture_fills_the_batch() -> None:
    samples = [sample_of('x', shape=(32, 64))] * 2
    assert inside_masks(samples, [torch.zeros(2, 1, 4, 8)], (32, 64)) is None


def test_pictures_are_grouped_by_their_own_padded_size() -> None:
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
