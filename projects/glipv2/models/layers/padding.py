"""Where in a padded batch each image lies."""

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
    """Mark the locations of a pyramid that lie in their image.

    They are counted by strides, as mmdet's anchors are, so an image has the same
    locations in any batch.

    Args:
        samples: B samples with ``img_shape``.
        pyramid: Levels (B, C, H_i, W_i), whose strides are powers of two.
        input_size: (H, W) of the batch in pixels.

    Returns:
        Per level (B, H_i, W_i) bool; None if every image fills the batch.
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

    ``size / count`` is not it where a side was rounded up: 5 locations of stride 64
    cover 300 pixels.

    Args:
        count: Locations, ``size / stride`` rounded up.
        size: Pixels of the batch.

    Returns:
        The only power of two that gives ``count``; for a single location, whose
        stride makes no difference, the least.
    """
    stride = 1
    while stride * count < size:
        stride *= 2
    return stride


def group_by_size(
    samples: Sequence[DetDataSample], input_size: tuple[int, int]
) -> dict[tuple[int, int], list[int]]:
    """Group images that are padded to the same size of their own.

    Args:
        samples: B samples; ``pad_shape`` is an image's size when it is alone.
        input_size: (H, W) of the batch in pixels.

    Returns:
        Per size (H, W) the indices of its images.
    """
    groups: dict[tuple[int, int], list[int]] = {}
    for index, sample in enumerate(samples):
        own = tuple(sample.get('pad_shape', input_size)[:2])
        groups.setdefault(own, []).append(index)
    return groups


def take_images(pyramid: Sequence[Tensor], images: Sequence[int]) -> list[Tensor]:
    """Take images of a pyramid, in any order and also repeatedly.

    Args:
        pyramid: Levels (B, C, H_i, W_i).
        images: Which; all in their order, or one alone, are not copied.

    Returns:
        Levels (images, C, H_i, W_i).
    """
    images = list(images)
    if images == list(range(len(pyramid[0]))):
        return list(pyramid)
    if len(set(images)) == 1:
        return [level[images[0]].expand(len(images), -1, -1, -1) for level in pyramid]
    (rows,) = send([torch.tensor(images, dtype=torch.long)], pyramid[0].device)
    return [level[rows] for level in pyramid]
