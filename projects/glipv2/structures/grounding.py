"""What the grounding head says of a batch."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Grounding:
    """What the head says of a batch.

    Args:
        logits: (B, N, T) region-word alignment S_ground.
        boxes: (B, N, 4) box deltas.
        centerness: (B, N) logits.
        sizes: (H, W) of each level.
    """

    logits: Tensor
    boxes: Tensor
    centerness: Tensor
    sizes: tuple[tuple[int, int], ...]
