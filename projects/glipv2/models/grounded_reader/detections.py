"""What the box head finds, suppressed, with shapes that do not depend on what that is.

So it stays on the device in training, and goes into exported files as it is. Shapes: B
images, N locations of all levels, S sets that are suppressed apart (words, for
instance), D slots of a set.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from mmdet.structures.bbox import bbox_overlaps
from torch import BoolTensor, LongTensor, Tensor

from ...structures.grounding import Grounding
from ..dense_heads.grounding_head import GroundingHead

# Rounds of suppression. Each settles the boxes behind those that are settled; where
# more than so many boxes each overlap the next one only, some boxes too few remain.
ROUNDS = 10


@dataclass(frozen=True)
class Detections:
    """Boxes by set, best first in each level, then joined and sorted.

    Args:
        rows: (B, S, D) int64, among the N locations.
        scores: (B, S, D), 0 in slots without a box.
    """

    rows: LongTensor
    scores: Tensor


def boxes_of(head: GroundingHead, out: Grounding, sizes: Tensor) -> Tensor:
    """Decode the boxes of all locations.

    Args:
        head: The box head.
        out: Its raw output for B images.
        sizes: (B, 2), height and width of each image in pixels.

    Returns:
        (B, N, 4) xyxy in pixels, inside the images.
    """
    priors = torch.cat(
        head.prior_generator.grid_priors(
            list(out.sizes), dtype=out.boxes.dtype, device=out.boxes.device
        )
    )
    deltas = out.boxes.detach()
    boxes = head.bbox_coder.decode(
        priors.repeat(deltas.shape[0], 1), deltas.flatten(0, 1)
    ).view(deltas.shape)
    last = sizes.flip(1).repeat(1, 2)[:, None].to(boxes)
    return boxes.clamp(min=0).minimum(last)


@torch.no_grad()
def detect(
    head: GroundingHead,
    out: Grounding,
    probabilities: Tensor,
    boxes: Tensor,
    visible: BoolTensor | None,
    most: int,
) -> Detections:
    """Score, choose and suppress as ``candidates`` and ``suppress`` of the box head do.

    Args:
        head: Its test settings count: ``score_thr`` and the threshold of ``nms``.
        out: Its raw output for B images.
        probabilities: (B, N, S).
        boxes: (B, N, 4), of :func:`boxes_of`.
        visible: (B, N), true inside the images; None: all are.
        most: Locations of a level that are looked at.

    Returns:
        The boxes; D is ``most`` times the number of levels.
    """
    scores = (probabilities * out.centerness.sigmoid()[..., None]).sqrt()
    above = probabilities > head.test_cfg.get('score_thr', 0.05)
    if visible is not None:
        above = above & visible[..., None]
    scores = torch.where(above, scores, 0).transpose(1, 2)  # (B, S, N)
    found, start = [], 0
    for height, width in out.sizes:
        count = height * width
        # As many empty slots, for levels of fewer locations.
        level = F.pad(scores[..., start : start + count], (0, most))
        values, places = level.topk(most, 2)
        found.append((values, places.clamp(max=count - 1) + start))
        start += count
    values, rows = (torch.cat(x, 2) for x in zip(*found))
    values, order = values.topk(values.shape[2], 2)
    rows = rows.gather(2, order)
    kept = _kept(take_rows(boxes, rows), values > 0, head.test_cfg.nms.iou_threshold)
    return Detections(rows, torch.where(kept, values, 0))


def _kept(boxes: Tensor, valid: BoolTensor, iou_threshold: float) -> BoolTensor:
    """Suppress boxes (B, S, D, 4), best first, that overlap a better one that is kept.

    By rounds instead of one after the other (Cluster-NMS, arXiv 2005.03572).
    """
    overlaps = bbox_overlaps(boxes, boxes) > iou_threshold
    better = torch.ones_like(overlaps[0, 0]).tril(-1)  # (D, D), in the columns
    rivals = overlaps & better
    kept = valid
    for _ in range(ROUNDS):
        kept = valid & ~(rivals & kept[..., None, :]).any(-1)
    return kept


def take_rows(values: Tensor, rows: LongTensor) -> Tensor:
    """Take (B, ..., C) of (B, N, C) by rows (B, ...)."""
    flat = rows.flatten(1)[..., None].expand(-1, -1, values.shape[2])
    return values.gather(1, flat).unflatten(1, rows.shape[1:])
