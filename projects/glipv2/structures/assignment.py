"""Which anchors belong to which boxes of a batch.

Shapes: B batch, N anchors of all levels, P anchors that have a box.
"""

from dataclasses import dataclass
from functools import cached_property

from torch import LongTensor, Tensor

# ATSSHead marks anchors without a box with num_classes. This head gives it the index
# of the image's box for a class, so the mark must lie above any such index.
NO_BOX = 1 << 20


@dataclass(frozen=True)
class Assignment:
    """Which anchors belong to which boxes of a batch.

    Args:
        anchors: (B, N, 4), inclusive if the head's boxes are, as ``targets``.
        owner: (B, N) int64, index of an anchor's box, ``NO_BOX`` where it has none.
        weight: (B, N), zero in the batch's padding.
        targets: (B, N, 4) boxes to reach.
    """

    anchors: Tensor
    owner: LongTensor
    weight: Tensor
    targets: Tensor

    @cached_property
    def positives(self) -> tuple[LongTensor, LongTensor, LongTensor]:
        """Image, place among the N, and box of each anchor that has a box, (P,) each.

        All losses share it: their one wait for the device.
        """
        image, location = (self.owner < NO_BOX).nonzero(as_tuple=True)
        return image, location, self.owner[image, location]

    @property
    def num_positives(self) -> int:
        """Anchors that have a box, P."""
        return len(self.positives[0])
