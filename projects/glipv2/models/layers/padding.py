"""Images in a padded batch: where each lies, and batches of equal size."""

from collections.abc import Sequence

import torch
from mmdet.structures import DetDataSample
from torch import BoolTensor, Tensor

from ..device.transfer import send


def inside_masks(
    samples: Sequence[DetDataSample],
    pyramid: Sequence[Tensor],
    input_size: tuple[int, int],
) -> list[BoolTensor] | None:
    """Mask the locations of a pyramid that lie in their image.

    They are counted by strides, like mmdet's anchors, so an image has the same
    locations in any batch.

    Args:
        samples: B samples with ``img_shape``.
        pyramid: Levels (B, C, H_i, W_i), whose strides are powers of two.
        input_size: (H, W) of the batch in pixels.

    Returns:
        Per level (B, H_i, W_i) bool; None if there is no padding.
    """
    shapes = [tuple(sample.img_shape[:2]) for sample in samples]
    if all(shape == tuple(input_size) for shape in shapes):
        return None
    device = pyramid[0].device
    extents = torch.tensor(shapes, device=device)  # (B, 2)
    masks = []
    for level in pyramid:
        # A location is inside if the first pixel of its cell is.
        rows, columns = (
            torch.arange(count, device=device) * stride_of(count, size)
            for count, size in zip(level.shape[-2:], input_size)
        )
        masks.append(
            (rows < extents[:, :1])[:, :, None] & (columns < extents[:, 1:])[:, None]
        )
    return masks


def stride_of(count: int, size: int) -> int:
    """Infer a pyramid level's stride along one side.

    ``size / count`` would be wrong where a side was rounded up: 5 locations of stride
    64 cover 300 pixels.

    Args:
        count: Number of locations, ``size / stride`` rounded up.
        size: Side of the batch in pixels.

    Returns:
        The power of two that gives ``count``; for a single location, where any stride
        will do, the smallest.
    """
    stride = 1
    while stride * count < size:
        stride *= 2
    return stride


def group_by_size(
    samples: Sequence[DetDataSample], input_size: tuple[int, int]
) -> dict[tuple[int, int], list[int]]:
    """Group images by the size that each is padded to in a batch of its own.

    Args:
        samples: B samples with that size in ``pad_shape``.
        input_size: (H, W) of the batch in pixels, where there is none.

    Returns:
        The indices of the images by size (H, W).
    """
    groups: dict[tuple[int, int], list[int]] = {}
    for index, sample in enumerate(samples):
        own = tuple(sample.get('pad_shape', input_size)[:2])
        groups.setdefault(own, []).append(index)
    return groups


def take_images(pyramid: Sequence[Tensor], images: Sequence[int]) -> list[Tensor]:
    """Select images of a pyramid, in any order and with repetitions.

    Args:
        pyramid: Levels (B, C, H_i, W_i).
        images: n indices; all in order, or repetitions of one, are not copied.

    Returns:
        Levels (n, C, H_i, W_i).
    """
    images = list(images)
    if images == list(range(len(pyramid[0]))):
        return list(pyramid)
    if len(set(images)) == 1:
        return [level[images[0]].expand(len(images), -1, -1, -1) for level in pyramid]
    (rows,) = send([torch.tensor(images, dtype=torch.long)], pyramid[0].device)
    return [level[rows] for level in pyramid]
