"""Overlap of boxes whose last pixel belongs to them."""

from mmdet.models.task_modules.assigners import BboxOverlaps2D
from mmdet.registry import TASK_UTILS
from torch import Tensor


@TASK_UTILS.register_module()
class InclusiveBboxOverlaps2D(BboxOverlaps2D):
    """mmdet's overlaps for boxes of width x2 - x1 + 1, as GLIP's code assigns them."""

    def __call__(
        self,
        bboxes1: Tensor,
        bboxes2: Tensor,
        mode: str = 'iou',
        is_aligned: bool = False,
    ) -> Tensor:
        """Compute overlaps.

        Args:
            bboxes1: (m, 4) xyxy, last pixel included.
            bboxes2: (n, 4) xyxy, last pixel included.
            mode: ``'iou'``, ``'iof'`` or ``'giou'``.
            is_aligned: Whether boxes are compared one by one (m = n).

        Returns:
            (m, n), or (m,) if aligned.
        """
        last = bboxes1.new_tensor([0, 0, 1, 1])
        return super().__call__(bboxes1 + last, bboxes2 + last, mode, is_aligned)
