"""Masks are encoded as pycocotools does, whatever their shape."""

import numpy as np
import pytest
from pycocotools import mask as rle

from glipv2.structures.encode_masks import encode_masks


def shapes_of(height: int, width: int) -> list[np.ndarray]:
    """Make masks: noise, empty, full, and what touches each side."""
    numbers = np.random.default_rng(height * 100 + width)
    masks = [numbers.random((height, width)) < share for share in (0.02, 0.5, 0.98)]
    masks += [np.zeros((height, width), bool), np.ones((height, width), bool)]
    for rows in (slice(None), slice(0, 1), slice(-1, None), slice(1, -1)):
        for columns in (slice(None), slice(0, 1), slice(-1, None), slice(1, -1)):
            mask = np.zeros((height, width), bool)
            mask[rows, columns] = True
            masks.append(mask)
    return masks


@pytest.mark.parametrize('size', [(1, 1), (1, 9), (9, 1), (2, 2), (7, 5), (48, 64)])
def test_equal_to_pycocotools(size: tuple[int, int]) -> None:
    masks = shapes_of(*size)
    expected = [rle.encode(np.asfortranarray(mask, np.uint8)) for mask in masks]
    assert encode_masks(masks) == expected
    assert encode_masks(np.stack(masks)) == expected
    for mask, encoded in zip(masks, encode_masks(masks)):
        assert np.array_equal(rle.decode(encoded), mask)


def test_no_masks() -> None:
    assert encode_masks(np.zeros((0, 4, 5), bool)) == []
