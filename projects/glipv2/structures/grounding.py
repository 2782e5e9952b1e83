"""Output of the grounding head."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Grounding:
    """Output of the grounding head for B images, N locations and T words.

    Args:
        logits: (B, N, T), the region-word alignment S_ground.
        boxes: (B, N, 4), box deltas.
        centerness: (B, N), logits.
        sizes: (H, W) of each level.
    """

    logits: Tensor
    boxes: Tensor
    centerness: Tensor
    sizes: tuple[tuple[int, int], ...]
