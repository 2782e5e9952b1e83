"""Non-maximum suppression in the two forms that exported files have.

An ONNX file has the operator ``NonMaxSuppression``, a torch.export program a loop of
torch's own operators, because it must load without mmcv.
"""

import torch
from torch import LongTensor, Tensor
from torch._higher_order_ops import while_loop

from ..models.device.compiled_operators import suppress
from .box_selection import NO_BOX


@torch.library.custom_op('glipv2::suppress', mutates_args=())
def suppress_in_onnx(
    boxes: Tensor, scores: Tensor, iou_threshold: float, most: int
) -> Tensor:
    """Suppress boxes; ``onnx_file.py`` translates it to ``NonMaxSuppression``.

    Args:
        boxes: (N, 4) xyxy, those of different classes far apart.
        scores: (N,), ``NO_BOX`` where there is no box.
        iou_threshold: IoU above which the box with the lower score is dropped.
        most: Largest number of kept boxes.

    Returns:
        (n,) int64, the kept boxes, best first.
    """
    valid = (scores > NO_BOX / 2).nonzero().squeeze(1)
    _, kept = suppress(
        boxes[valid],
        scores[valid],
        torch.zeros_like(valid),  # all may suppress all
        dict(type='nms', iou_threshold=iou_threshold),
    )
    return valid[kept[:most]]


@suppress_in_onnx.register_fake
def _(boxes: Tensor, scores: Tensor, iou_threshold: float, most: int) -> Tensor:
    count = torch.library.get_ctx().new_dynamic_size()
    return boxes.new_empty(count, dtype=torch.long)


def suppress_in_torch(
    boxes: Tensor, scores: Tensor, iou_threshold: float, most: int
) -> LongTensor:
    """Suppress boxes: take the best, drop what overlaps it, until none is left.

    Arguments and result as of :func:`suppress_in_onnx`.
    """
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    places = torch.arange(most, device=boxes.device)

    def has_more(count: Tensor, scores: Tensor, kept: Tensor) -> Tensor:
        return (count < most) & (scores.max() > NO_BOX / 2)

    def take_best(
        count: Tensor, scores: Tensor, kept: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        best = scores.argmax().view(1)
        box = boxes.index_select(0, best)  # (1, 4)
        common = torch.minimum(boxes[:, 2:], box[:, 2:]) - torch.maximum(
            boxes[:, :2], box[:, :2]
        )
        common = common.clamp(min=0).prod(1)
        overlap = common / (areas + areas.index_select(0, best) - common)
        gone = (overlap > iou_threshold) | (
            torch.arange(len(scores), device=scores.device) == best
        )
        kept = torch.where(places == count, best, kept)
        return count + 1, scores.masked_fill(gone, NO_BOX), kept

    start = (
        torch.zeros((), dtype=torch.long),
        scores.clone(),
        torch.full_like(places, -1),
    )
    _, _, kept = while_loop(has_more, take_best, start)
    return kept[kept >= 0]
