"""Calls of mmcv's compiled operators, with inputs that they support.

The operators assume contiguous tensors without checking: a permuted or channels-last
one gives wrong numbers. None has a kernel for bfloat16, those for float16 compute
coordinates in float16, and non-maximum suppression supports float32 only. So every
input is made contiguous and float32 (float64 where there is a kernel), outside
autocast, and results return to the dtype of the input. No other file calls a compiled
operator.
"""

from collections.abc import Mapping, Sequence

import torch
from mmcv.ops import batched_nms, modulated_deform_conv2d, roi_align
from mmdet.models.roi_heads.roi_extractors import BaseRoIExtractor
from torch import LongTensor, Tensor

from .precision import at_least_float32


def deform_conv3x3(
    x: Tensor, offset: Tensor, mask: Tensor, weight: Tensor, bias: Tensor, stride: int
) -> Tensor:
    """Modulated deformable convolution with padding 1 by mmcv's operator.

    Args:
        x: (B, C, H, W).
        offset: (B, 18, h, w) in pixels of ``x``, (dy, dx) per kernel point.
        mask: (B, 9, h, w) weight per kernel point.
        weight: (O, C, 3, 3).
        bias: (O,).
        stride: Of the output on the input.

    Returns:
        (B, O, h, w) of the dtype of ``x``.
    """
    inputs = [_supported(each) for each in (x, offset, mask, weight, bias)]
    with torch.autocast(x.device.type, enabled=False):
        out = modulated_deform_conv2d(*inputs, stride, 1, 1, 1, 1)
    return out.to(x.dtype)


def region_features(
    extractor: BaseRoIExtractor, pyramid: Sequence[Tensor], rois: Tensor
) -> Tensor:
    """Extract RoI features.

    Args:
        extractor: mmdet's RoI extractor.
        pyramid: Its levels (B, C, H_i, W_i).
        rois: (R, 5): index in the batch, and x1, y1, x2, y2 in pixels of the input.

    Returns:
        (R, C, S, S) of the dtype of the pyramid.
    """
    levels = tuple(_supported(level) for level in pyramid)
    with torch.autocast(rois.device.type, enabled=False):
        features = extractor(levels, _supported(rois))
    return features.to(pyramid[0].dtype)


def sample_regions(planes: Tensor, rois: Tensor, size: tuple[int, int]) -> Tensor:
    """Sample regions of planes, by RoIAlign.

    Args:
        planes: (B, C, H, W).
        rois: (R, 5): index in the batch, and x1, y1, x2, y2 in pixels of the planes.
        size: Height and width of a sampled region.

    Returns:
        (R, C, h, w) with the given height and width, float32 or wider.
    """
    with torch.autocast(rois.device.type, enabled=False):
        return roi_align(_supported(planes), rois, size)


def suppress(
    boxes: Tensor, scores: Tensor, labels: LongTensor, cfg: Mapping[str, object]
) -> tuple[Tensor, LongTensor]:
    """Apply non-maximum suppression within each label.

    Args:
        boxes: (N, 4) xyxy; N may be 0.
        scores: (N,).
        labels: (N,) int64.
        cfg: As in mmcv's ``batched_nms``: ``type``, ``iou_threshold``, ...

    Returns:
        Scores (n,) of the kept boxes, which soft suppression lowers, and their indices
        (n,) int64, best first.
    """
    if len(boxes) == 0:
        return scores, torch.zeros(0, dtype=torch.long, device=boxes.device)
    single = scores.float().contiguous()
    found, rows = batched_nms(boxes.float().contiguous(), single, labels, cfg)
    # Keeps the digits of float64: where no score is lowered, this adds zero.
    return scores[rows] + (found[:, -1] - single[rows]).to(scores.dtype), rows


def _supported(x: Tensor) -> Tensor:
    return at_least_float32(x).contiguous()
