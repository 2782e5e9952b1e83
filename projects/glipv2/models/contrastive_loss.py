"""Inter-image region-word contrastive loss on O0 and P0 (GLIPv2 section 3.2, L_inter).

Shapes: B pictures of this process, R_i regions of picture i, T tokens, D channels of
the common space, M regions and W words of all pictures of all processes.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.distributed as dist
import torch.nn.functional as F
from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import BoolTensor, LongTensor, Tensor, nn
from torch.distributed.nn.functional import all_gather

from .name_layout import clean_name
from .word_features import WordFeatures

# Neither equals a category's number nor the other.
NO_CATEGORY_REGION = -1
NO_CATEGORY_WORD = -2


@dataclass(frozen=True)
class PictureRegions:
    """Regions of one picture that a box was assigned to.

    Args:
        features: (R, C) of O0.
        words: (R, T) bool, the words of each region's own phrase in its own text.
        categories: (R,) int64, :func:`category_number` of a region's category, or
            ``NO_CATEGORY_REGION`` for phrases of sentences.
    """

    features: Tensor
    words: BoolTensor
    categories: LongTensor


def category_number(name: str) -> int:
    """Give a category the same number in every data set and process.

    Args:
        name: A class name; cleaned before, so that ``'Traffic_light'`` and
            ``'traffic light'`` are one.

    Returns:
        A number from 0 to 2**62.
    """
    digest = hashlib.blake2b(clean_name(name).lower().encode(), digest_size=8).digest()
    return int.from_bytes(digest, 'big') >> 2


@MODELS.register_module()
class InterImageContrastiveLoss(BaseModule):
    """Contrast regions with the words of all pictures in the batch, and back.

    A region is positive with the words of its own phrase; if it has a category, also
    with that category's words in every other class list of the batch. Words of
    sentences are positive with regions of their own picture only. All else is
    negative. Softmax over all words of all processes for a region, over all regions
    of all processes for a word; several positives share a row's weight.

    Memory: two score matrices, of this process's regions by all words and of this
    process's words by all regions; with 2 pictures a process, 100 regions, 256
    tokens and 32 processes 13 MB each in float32.

    Args:
        visual_dim: Channels of a region of O0.
        text_dim: Channels of a word of P0.
        hidden_dim: D (our choice; 64 in GLIP's unused code).
        max_regions: Most regions of a picture, drawn at random (GLIP's code: 100).
        temperature: First temperature (our choice, as CLIP's).
        min_temperature: Least temperature (our choice, as CLIP's).
        loss_weight: Factor (1 in GLIP's code).
        init_cfg: As in every mmengine module.
    """

    def __init__(
        self,
        visual_dim: int = 256,
        text_dim: int = 768,
        hidden_dim: int = 256,
        max_regions: int = 100,
        temperature: float = 0.07,
        min_temperature: float = 0.01,
        loss_weight: float = 1.0,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.visual_projection = nn.Linear(visual_dim, hidden_dim)
        self.text_projection = nn.Linear(text_dim, hidden_dim)
        self.log_temperature = nn.Parameter(torch.tensor(temperature).log())
        self.max_regions = max_regions
        self.min_temperature = min_temperature
        self.loss_weight = loss_weight
        for layer in (self.visual_projection, self.text_projection):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def choose(self, regions: PictureRegions) -> PictureRegions:
        """Draw at most ``max_regions`` regions of a picture.

        Args:
            regions: All of them.

        Returns:
            The drawn ones.
        """
        if len(regions.features) <= self.max_regions:
            return regions
        device = regions.features.device
        rows = torch.randperm(len(regions.features), device=device)[: self.max_regions]
        return PictureRegions(
            regions.features[rows], regions.words[rows], regions.categories[rows]
        )

    def forward(
        self,
        regions: Sequence[PictureRegions],
        words: WordFeatures,
        word_categories: LongTensor,
    ) -> dict[str, Tensor]:
        """Compute the loss.

        Args:
            regions: B times regions.
            words: P0 of the B texts.
            word_categories: (B, T) int64, the category of the name that a word
                belongs to, or ``NO_CATEGORY_WORD`` (sentences, separators, padding).

        Returns:
            ``loss_inter``, the mean over processes of which is the loss of the joint
            batch.
        """
        own = [self.choose(picture) for picture in regions]
        visual = F.normalize(
            self.visual_projection(torch.cat([x.features for x in own])), dim=-1
        ).float()  # (sum R_i, D)
        mask = words.mask
        text = F.normalize(self.text_projection(words.features[mask]), dim=-1).float()
        picture = torch.arange(len(own), device=visual.device)
        region_picture = picture.repeat_interleave(
            torch.tensor([len(x.features) for x in own], device=visual.device)
        )
        word_picture = picture[:, None].expand_as(mask)[mask]  # (words,)
        # Own pairs are known here only: a process marks its regions' words.
        own_words = torch.zeros(
            len(visual), len(text), dtype=torch.bool, device=visual.device
        )
        for index, each in enumerate(own):
            block = each.words[:, mask[index]]
            own_words[
                (region_picture == index).nonzero(),
                (word_picture == index).nonzero().squeeze(1),
            ] = block
        categories = torch.cat([x.categories for x in own])
        everyone = _Everyone(len(own), device=visual.device)
        region_picture += everyone.first_picture
        word_picture += everyone.first_picture
        temperature = self.log_temperature.exp().clamp(min=self.min_temperature)

        all_text, all_visual = everyone.join(text), everyone.join(visual)
        to_words = _positives(
            categories, region_picture, everyone.join(word_categories[mask]),
            everyone.join(word_picture), own_words, everyone.offset(len(text)),
        )  # fmt: skip
        to_regions = _positives(
            word_categories[mask], word_picture, everyone.join(categories),
            everyone.join(region_picture), own_words.T, everyone.offset(len(visual)),
        )  # fmt: skip
        of_regions = _cross_entropy(visual @ all_text.T / temperature, to_words)
        of_words = _cross_entropy(text @ all_visual.T / temperature, to_regions)
        loss = everyone.mean(*of_regions) + everyone.mean(*of_words)
        return dict(loss_inter=self.loss_weight * loss / 2)


class _Everyone:
    """All processes: their rows joined with gradients, and means over all of them.

    Args:
        pictures: Of this process.
        device: Of what is joined.
    """

    def __init__(self, pictures: int, device: torch.device) -> None:
        self.device = device
        self.several = dist.is_available() and dist.is_initialized()
        self.size = dist.get_world_size() if self.several else 1
        self.rank = dist.get_rank() if self.several else 0
        self.first_picture = sum(self._counts(pictures)[: self.rank])

    def _counts(self, count: int) -> list[int]:
        if not self.several:
            return [count]
        counts = [torch.zeros((), dtype=torch.long, device=self.device)] * self.size
        counts = [x.clone() for x in counts]
        dist.all_gather(counts, torch.tensor(count, device=self.device))
        return [int(x) for x in counts]

    def offset(self, count: int) -> int:
        """Say where this process's ``count`` rows begin among all."""
        return sum(self._counts(count)[: self.rank])

    def join(self, rows: Tensor) -> Tensor:
        """Put the rows of all processes, however many each has, one below the other."""
        if not self.several:
            return rows
        counts = self._counts(len(rows))
        missing = max(counts) - len(rows)
        padded = torch.cat((rows, rows.new_zeros(missing, *rows.shape[1:])))
        if rows.is_floating_point():
            parts = all_gather(padded)
        else:
            parts = [torch.empty_like(padded) for _ in counts]
            dist.all_gather(parts, padded)
        return torch.cat([part[:count] for part, count in zip(parts, counts)])

    def mean(self, total: Tensor, count: Tensor) -> Tensor:
        """Divide a sum so that the mean over processes is that of all rows."""
        if self.several:
            count = count.clone()
            dist.all_reduce(count)
        return total * self.size / count.clamp(min=1)


def _positives(
    categories: LongTensor,
    picture: LongTensor,
    all_categories: LongTensor,
    all_picture: LongTensor,
    own: BoolTensor,
    offset: int,
) -> BoolTensor:
    """Say which of all columns belong to which of this process's rows."""
    positive = categories[:, None] == all_categories
    positive &= picture[:, None] != all_picture
    positive[:, offset : offset + own.shape[1]] |= own
    return positive


def _cross_entropy(scores: Tensor, positive: BoolTensor) -> tuple[Tensor, Tensor]:
    """Sum the cross-entropies of the rows with positives, and count those rows."""
    counts = positive.sum(1)
    rows = counts > 0
    chosen = scores.log_softmax(1).masked_fill(~positive, 0.0).sum(1)
    # Rows without a positive add nothing, but keep every process in the graph.
    losses = -(chosen / counts.clamp(min=1)) * rows
    return losses.sum(), rows.sum()
