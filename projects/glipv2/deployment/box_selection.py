"""From the head's raw output to boxes: scores of phrases, the best, suppression.

Shapes: B prompts, N locations of all levels, T tokens, K phrases of a prompt.
"""

from collections.abc import Callable, Sequence

import torch
from mmengine.config import ConfigDict
from torch import LongTensor, Tensor, nn

from ..models.dense_heads.grounding_head import GroundingHead
from ..structures.grounding import Grounding
from .fixed_text import FixedText

NO_BOX = -1.0  # score of an empty slot
DEFAULT_SCORE_THR, DEFAULT_NMS_PRE = 0.05, 1000  # as GroundingHead's
Suppress = Callable[[Tensor, Tensor, float, int], LongTensor]


class BoxSelection(nn.Module):
    """``GroundingHead.candidates`` and ``suppress`` with fixed shapes.

    Empty slots have the score ``NO_BOX``; only the suppression drops them.

    Args:
        head: The detector's head.
        text: The text's constants.
        suppress: Suppression for the file's format.

    Raises:
        ValueError: If the test settings name another suppression than ``nms``.
    """

    def __init__(
        self, head: GroundingHead, text: FixedText, suppress: Suppress
    ) -> None:
        super().__init__()
        self.head = head
        self.cfg: ConfigDict = head.test_cfg
        self.suppress = suppress
        nms = self.cfg.nms
        if nms.get('type', 'nms') != 'nms':
            raise ValueError(
                f'test_cfg.nms is {nms.type!r}, which cannot be exported; set '
                "test_cfg.nms=dict(type='nms', iou_threshold=0.6)"
            )
        shares = [spans.float().T for spans in text.spans]
        self.shares = [
            (x / x.sum(0).clamp(min=1)).contiguous() for x in shares
        ]  # (T, K)
        self.labels = list(text.labels)

    def forward(
        self,
        out: Grounding,
        size: tuple[int, int],
        scale_factor: Tensor,
        presence: Sequence[Tensor] | None = None,
    ) -> tuple[Tensor, Tensor, LongTensor]:
        """Select boxes of one image.

        Args:
            out: The head's raw output for the image and each of the B prompts.
            size: (H, W) of the image in pixels of the input.
            scale_factor: (2,), width and height of the input over the original's.
            presence: Per prompt (K,), the probability that a phrase is in the image,
                by which its scores are multiplied; None: they stay.

        Returns:
            bboxes (n, 4) xyxy in pixels of the original image, scores (n,) and
            labels (n,) int64, best first.
        """
        priors = self.head.prior_generator.grid_priors(
            list(out.sizes), dtype=torch.float32, device=out.boxes.device
        )
        counts = [level.shape[0] for level in priors]
        found = []
        for number, (share, labels) in enumerate(zip(self.shares, self.labels)):
            probabilities = out.logits[number].sigmoid() @ share  # (N, K)
            levels = zip(
                probabilities.split(counts),
                out.boxes[number].split(counts),
                out.centerness[number].split(counts),
                priors,
            )
            there = None if presence is None else presence[number]
            found += [self._best_of_level(*level, labels, there) for level in levels]
        scores, labels, deltas, priors = (torch.cat(x) for x in zip(*found))
        boxes = self.head.bbox_coder.decode(priors, deltas)
        inclusive = boxes.new_tensor(self.head.last_pixel)
        height, width = size
        last = torch.stack([torch.full_like(scores, x) for x in (width, height)], 1)
        last = last.repeat(1, 2) - inclusive[2]
        boxes = (boxes - inclusive).clamp(min=0).minimum(last)
        boxes = boxes * (1 / scale_factor).repeat(2)
        return self._suppress(boxes, scores, labels, inclusive)

    def _best_of_level(
        self,
        scores: Tensor,
        deltas: Tensor,
        centerness: Tensor,
        priors: Tensor,
        labels: LongTensor,
        there: Tensor | None,
    ) -> tuple[Tensor, LongTensor, Tensor, Tensor]:
        """Choose ``nms_pre`` among (N_i, K) scores; there may be fewer."""
        most = self.cfg.get('nms_pre', DEFAULT_NMS_PRE)
        joint = (scores * centerness.sigmoid()[:, None]).sqrt()
        above = scores > self.cfg.get('score_thr', DEFAULT_SCORE_THR)
        joint = torch.where(above, joint, NO_BOX).flatten()
        # A small level needs slots for ``most``, too.
        joint = torch.cat((joint, joint.new_full((most,), NO_BOX)))
        best, place = joint.topk(most)
        filled = best > NO_BOX / 2
        place = torch.where(filled, place, 0)
        rows, phrases = place // len(labels), place % len(labels)
        if there is not None:
            best = torch.where(filled, best * there[phrases], NO_BOX)
        return best, labels[phrases], deltas[rows], priors[rows]

    def _suppress(
        self, boxes: Tensor, scores: Tensor, labels: LongTensor, inclusive: Tensor
    ) -> tuple[Tensor, Tensor, LongTensor]:
        smallest = self.cfg.get('min_bbox_size', -1)
        if smallest >= 0:
            large = (boxes[:, 2:] - boxes[:, :2] > smallest).all(1)
            scores = torch.where(large, scores, NO_BOX)
        nms = self.cfg.nms
        apart = boxes
        if not nms.get('class_agnostic', False):
            valid = (scores > NO_BOX / 2)[:, None]
            far = torch.where(valid, boxes, 0).max() + 1
            apart = boxes + labels[:, None].to(boxes.dtype) * far
        # Overlaps of boxes that include their last pixel.
        apart = apart + apart.new_tensor([0, 0, 1, 1]) * nms.get('offset', 0)
        kept = self.suppress(apart, scores, nms.iou_threshold, self.cfg.max_per_img)
        return boxes[kept] + inclusive, scores[kept], labels[kept]
