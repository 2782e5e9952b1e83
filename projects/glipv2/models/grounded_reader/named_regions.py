"""Locations that hold something an answer could name.

Shapes: B images, N locations over all levels, K regions kept, A answers, C channels
of O.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import BoolTensor, LongTensor, Tensor

from ..device.precision import exact_type
from .answer_words import AnswerChunk, AnswerWords
from .evidence import Align

LEAST = 1e-3  # probability; keeps log-odds finite
NOWHERE = -1.0  # instead of a probability


@dataclass(frozen=True)
class NamedRegions:
    """The K locations of each image that answers fit best.

    Args:
        rows: (B, K) int64, among the N locations.
        visible: (B, K), false for places that no location fills.
        sureness: (B, K), log-odds that something is there.
        answers: (B, K, A), probability that an answer names it.
        count: (B,), expected number of locations of the image with something.
    """

    rows: LongTensor
    visible: BoolTensor
    sureness: Tensor
    answers: Tensor
    count: Tensor

    def gather(self, locations: Tensor) -> Tensor:
        """Take what is at the regions.

        Args:
            locations: (B, N, channels).

        Returns:
            (B, K, channels).
        """
        return _take(locations, self.rows)


@torch.no_grad()
def find_regions(
    align: Align,
    locations: Tensor,
    answers: AnswerWords,
    most: int,
    visible: BoolTensor | None,
) -> NamedRegions:
    """Find the locations that hold something by the best answer of each.

    An answer's probability is the mean of its words', as a phrase's score. Questions
    do not teach the alignment.

    Args:
        align: The grounding head's alignment.
        locations: O (B, N, C).
        answers: The words of the A answers.
        most: K.
        visible: (B, N), true inside the images; None: all are.

    Returns:
        The regions, best first.
    """
    best = locations.new_zeros(locations.shape[:2], dtype=exact_type(locations))
    for chunk in answers.chunks:
        best = best.maximum(_named(align, locations, chunk).amax(2))
    if visible is not None:
        best = best.masked_fill(~visible, NOWHERE)
    # As many places outside, for images of fewer locations.
    values, rows = F.pad(best, (0, most), value=NOWHERE).topk(most, 1)
    rows = rows.clamp(max=locations.shape[1] - 1)
    chosen = _take(locations, rows)
    named = [_named(align, chosen, chunk) for chunk in answers.chunks]
    return NamedRegions(
        rows,
        values > NOWHERE,
        values.logit(LEAST),
        torch.cat(named, 2),
        best.clamp(min=0).sum(1),
    )


def _named(align: Align, regions: Tensor, chunk: AnswerChunk) -> Tensor:
    """Compute the probabilities (B, n, a) of some answers at regions (B, n, C)."""
    logits = align(regions.flatten(0, 1)[None], chunk.words)[0]  # (B * n, t)
    named = logits.sigmoid() @ chunk.share.to(logits)
    return named.view(*regions.shape[:2], named.shape[1])


def _take(locations: Tensor, rows: LongTensor) -> Tensor:
    """Take (B, K, C) of (B, N, C) by rows (B, K)."""
    return locations.gather(1, rows[..., None].expand(-1, -1, locations.shape[2]))
