"""Detections of something that an answer could name.

Shapes: B images, N locations over all levels, K regions kept, A answers, C channels
of O.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import BoolTensor, LongTensor, Tensor

from ..device.precision import exact_type
from .answer_words import AnswerChunk, AnswerWords
from .detections import Detections, detect, take_rows
from .evidence import Look

LEAST = 1e-3  # probability; keeps log-odds finite


@dataclass(frozen=True)
class NamedRegions:
    """The K best detections of each image, whatever they are.

    Args:
        rows: (B, K) int64, among the N locations.
        visible: (B, K), false for slots without a detection.
        sureness: (B, K), log-odds that something is there.
        answers: (B, K, A), probability that an answer names it.
        scores: (B, D), of all detections; 0 in slots without one.
    """

    rows: LongTensor
    visible: BoolTensor
    sureness: Tensor
    answers: Tensor
    scores: Tensor

    def gather(self, locations: Tensor) -> Tensor:
        """Take what is at the regions.

        Args:
            locations: (B, N, channels).

        Returns:
            (B, K, channels).
        """
        return take_rows(locations, self.rows)


@torch.no_grad()
def find_regions(
    look: Look, locations: Tensor, answers: AnswerWords, most: int, per_level: int
) -> NamedRegions:
    """Detect what any answer names, one box a thing.

    A location's probability is that of the answer that names it best, an answer's the
    mean of its words', as a phrase's. Questions do not teach the alignment.

    Args:
        look: What the box head makes of the images.
        locations: O (B, N, C).
        answers: The words of the A answers.
        most: K.
        per_level: Locations of a level that are looked at.

    Returns:
        The regions, best first.
    """
    best = locations.new_zeros(locations.shape[:2], dtype=exact_type(locations))
    for chunk in answers.chunks:
        best = best.maximum(_named(look, locations, chunk).amax(2))
    found: Detections = detect(
        look.head, look.out, best[..., None], look.boxes, look.visible, per_level
    )
    scores = found.scores[:, 0]
    values, order = F.pad(scores, (0, most)).topk(most, 1)
    order = order.clamp(max=scores.shape[1] - 1)
    rows = found.rows[:, 0].gather(1, order)
    chosen = take_rows(locations, rows)
    named = [_named(look, chosen, chunk) for chunk in answers.chunks]
    return NamedRegions(
        rows, values > 0, values.logit(LEAST), torch.cat(named, 2), scores
    )


def _named(look: Look, regions: Tensor, chunk: AnswerChunk) -> Tensor:
    """Compute the probabilities (B, n, a) of some answers at regions (B, n, C)."""
    logits = look.head.align(regions.flatten(0, 1)[None], chunk.words)[0]
    named = logits.sigmoid() @ chunk.share.to(logits)  # (B * n, a)
    return named.view(*regions.shape[:2], named.shape[1])
