"""Resizing by stride against coordinates written out, image by image."""

import pytest
import torch
from torch import Tensor

from glipv2.models.dynamic_head.level_resize import check_halving, to_coarser, to_finer

SIZES = ((8, 12), (7, 5), (1, 9), (2, 1))
PADDED = (11, 14)


def half(size: tuple[int, int]) -> tuple[int, int]:
    return tuple((side + 1) // 2 for side in size)


def sample(image: Tensor, size: tuple[int, int], step: float) -> Tensor:
    """Sample (C, h, w) at coordinates ``(i + 0.5) * step - 0.5``, bilinearly, clamped
    at its border."""
    out = image.new_empty(len(image), *size)
    for row in range(size[0]):
        for column in range(size[1]):
            y, x = (
                min(max((index + 0.5) * step - 0.5, 0), side - 1)
                for index, side in zip((row, column), image.shape[1:])
            )
            top, left = int(y), int(x)
            down = min(top + 1, image.shape[1] - 1)
            right = min(left + 1, image.shape[2] - 1)
            upper = image[:, top, left] * (left + 1 - x) + image[:, top, right] * (
                x - left
            )
            lower = image[:, down, left] * (left + 1 - x) + image[:, down, right] * (
                x - left
            )
            out[:, row, column] = upper * (top + 1 - y) + lower * (y - top)
    return out


def embed(images: list[Tensor], size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Put images (C, h, w) into one padded batch, and mark them."""
    batch = torch.randn(len(images), len(images[0]), *size).double() * 50
    inside = torch.zeros(len(images), 1, *size).double()
    for number, image in enumerate(images):
        batch[number, :, : image.shape[1], : image.shape[2]] = image
        inside[number, :, : image.shape[1], : image.shape[2]] = 1
    return batch, inside


def test_to_finer_samples_coarse_coordinates() -> None:
    images = [torch.randn(3, *half(size)).double() for size in SIZES]
    batch, inside = embed(images, half(PADDED))
    found = to_finer(batch, PADDED, inside)
    assert found.shape[-2:] == PADDED
    for number, (image, size) in enumerate(zip(images, SIZES)):
        expected = sample(image, size, 1 / 2)
        torch.testing.assert_close(found[number, :, : size[0], : size[1]], expected)
        torch.testing.assert_close(to_finer(image[None], size, None)[0], expected)


def test_to_coarser_samples_fine_coordinates() -> None:
    images = [torch.randn(3, *size).double() for size in SIZES]
    batch, inside = embed(images, PADDED)
    found = to_coarser(batch, inside)
    assert found.shape[-2:] == half(PADDED)
    for number, (image, size) in enumerate(zip(images, SIZES)):
        height, width = half(size)
        expected = sample(image, (height, width), 2)
        torch.testing.assert_close(found[number, :, :height, :width], expected)
        torch.testing.assert_close(to_coarser(image[None], None)[0], expected)
        assert found[number, :, height:].abs().sum() == 0


def test_levels_have_to_halve() -> None:
    check_halving([(11, 14), (6, 7), (3, 4), (2, 2), (1, 1), (1, 1)])
    with pytest.raises(ValueError, match=r'level 2 is \(2, 4\), but half of level 1'):
        check_halving([(11, 14), (6, 7), (2, 4)])
