"""The query of an example: what O0 has in its box."""

from collections.abc import Sequence

import torch
from mmdet.models.roi_heads.roi_extractors import SingleRoIExtractor
from torch import Tensor

from ..device.compiled_operators import region_features
from ..layers.padding import stride_of

# MQ-Det's: 7 x 7 bins, boxes grown by half, and GLIP's rule for the level: a box of
# 224 pixels is on the second one.
BINS = 7
GROWTH = 1.5
FINEST_SIDE = 112


def box_queries(
    pyramid: Sequence[Tensor],
    boxes: Tensor,
    input_size: tuple[int, int],
    image_size: tuple[int, int],
) -> Tensor:
    """Compute the queries of boxes of one image.

    Args:
        pyramid: O0 of the image, levels (1, C, H_i, W_i), not fused with any text.
        boxes: (n, 4) float x1, y1, x2, y2 in pixels of the input.
        input_size: (H, W) of the input in pixels.
        image_size: (H, W) of the image in it, without padding.

    Returns:
        (n, C), the mean of RoIAlign's bins on the level that fits the grown box.
    """
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    halves = (boxes[:, 2:] - boxes[:, :2]) * (GROWTH / 2)
    most = boxes.new_tensor([image_size[1], image_size[0]])
    corners = [(centres - halves).clamp(min=0), torch.minimum(centres + halves, most)]
    rois = torch.cat([boxes.new_zeros(len(boxes), 1), *corners], 1)
    extractor = SingleRoIExtractor(
        roi_layer=dict(type='RoIAlign', output_size=BINS, sampling_ratio=0),
        out_channels=pyramid[0].shape[1],
        featmap_strides=[finest_stride([level], input_size) for level in pyramid],
        finest_scale=FINEST_SIDE,
    )
    return region_features(extractor, pyramid, rois).mean((2, 3))


def finest_stride(pyramid: Sequence[Tensor], input_size: tuple[int, int]) -> int:
    """Infer the stride of the first level of a pyramid, the side of its cells.

    Args:
        pyramid: Levels (B, C, H_i, W_i), finest first.
        input_size: (H, W) of the input in pixels.

    Returns:
        The stride in pixels.
    """
    sides = zip(pyramid[0].shape[-2:], input_size)
    return max(stride_of(count, size) for count, size in sides)
