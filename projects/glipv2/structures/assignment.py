"""Assignment of ground-truth boxes to anchors."""

from dataclasses import dataclass
from functools import cached_property

from torch import LongTensor, Tensor

# ATSSHead labels anchors without a box num_classes. Here labels are indices of the
# image's boxes, so this must be larger than any.
NO_BOX = 1 << 20


@dataclass(frozen=True)
class Assignment:
    """Boxes assigned to the N anchors of all levels, of which P have a box.

    Args:
        anchors: (B, N, 4) xyxy, pixels; inclusive if the head's boxes are.
        owner: (B, N) int64, index of the anchor's box, or ``NO_BOX``.
        weight: (B, N), 0 in the batch's padding.
        targets: (B, N, 4), the anchor's box, as ``anchors``.
    """

    anchors: Tensor
    owner: LongTensor
    weight: Tensor
    targets: Tensor

    @cached_property
    def positives(self) -> tuple[LongTensor, LongTensor, LongTensor]:
        """Row, anchor and box of each anchor with a box, (P,) each.

        Computing it synchronises the device, so all losses share it.
        """
        image, location = (self.owner < NO_BOX).nonzero(as_tuple=True)
        return image, location, self.owner[image, location]

    @property
    def num_positives(self) -> int:
        """P, the anchors with a box."""
        return len(self.positives[0])
