"""InterImageContrastiveLoss on O0 and P0 (GLIPv2 section 3.2, L_inter).

Shapes: B images of this process, R regions and W words of them, T tokens of a text, D
channels of the common space, M regions and V words of all processes.
"""

from collections.abc import Sequence

import torch
from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import BoolTensor, LongTensor, Tensor, nn

from ...structures.regions import Regions, no_regions
from ...structures.word_features import WordFeatures
from ..device.precision import at_least_float32, unit_vectors
from .joint_batch import JointBatch, Rows


@MODELS.register_module()
class InterImageContrastiveLoss(BaseModule):
    """Contrast regions and words of all images in the batch, in both directions.

    A region is positive with the words of its own phrase; if it has a category, also
    with that category's words in every other class list of the batch. Words of
    sentences are positive with regions of their own image only. All else is negative.
    Softmax is over the words of all processes for a region, and over the regions of
    all processes for a word; several positives share a row's weight. It is computed
    in float32, or in float64 if the features are.

    Memory: two score matrices, this process's regions by all words and its words by
    all regions; 13 MB each in float32 with 2 images per process, 100 regions, 256
    tokens and 32 processes.

    Args:
        visual_dim: Channels of a region of O0.
        text_dim: Channels of a word of P0.
        hidden_dim: D (our choice; 64 in GLIP's unused code, the only published
            number).
        max_regions: Maximum number of regions per image, sampled at random (100 in
            GLIP's code).
        temperature: Initial temperature; it is learnt (FIBER's image-text loss, of the
            same authors).
        min_temperature: Minimum temperature (likewise).
        max_temperature: Maximum temperature (likewise).
        loss_weight: Factor of the loss (1 in GLIP's code).
        fused: Contrast O and P, which have read each other, instead of O0 and P0, as
            the paper has it; to compare the two.
        init_cfg: As in every mmengine module.
    """

    def __init__(
        self,
        visual_dim: int = 256,
        text_dim: int = 768,
        hidden_dim: int = 256,
        max_regions: int = 100,
        temperature: float = 0.07,
        min_temperature: float = 0.001,
        max_temperature: float = 1.0,
        loss_weight: float = 1.0,
        fused: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.fused = fused
        self.visual_projection = nn.Linear(visual_dim, hidden_dim)
        self.text_projection = nn.Linear(text_dim, hidden_dim)
        self.log_temperature = nn.Parameter(torch.tensor(temperature).log())
        self.max_regions = max_regions
        self.temperatures = min_temperature, max_temperature
        self.loss_weight = loss_weight
        for layer in (self.visual_projection, self.text_projection):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self,
        regions: Regions | Sequence[Regions],
        words: WordFeatures,
        word_categories: LongTensor,
    ) -> dict[str, Tensor]:
        """Compute the loss; every process calls it, also one without an image.

        Args:
            regions: Regions of the B images; an empty list for none.
            words: P0 of the B texts; B may be 0.
            word_categories: (B, T) int64, the category of the name that a word
                belongs to, or ``NO_CATEGORY_WORD`` (sentences, separators, padding).

        Returns:
            ``loss_inter``, whose mean over the processes is the loss of the joint
            batch.
        """
        if len(regions) == 0:
            regions = no_regions(words, self.visual_projection.in_features)
        order, drawn = draw(regions.image, self.max_regions)
        # The only wait for the device: all counts of all processes.
        batch = JointBatch(len(words.mask), drawn, words.mask.sum())
        regions = regions.select(order[: batch.regions])
        word_image, position = _first_true(words.mask, batch.words)

        visual = self.visual_projection(regions.features)
        text = self.text_projection(words.features[word_image, position])
        with torch.autocast(visual.device.type, enabled=False):
            own_regions, own_words = (
                Rows(unit_vectors(features), categories, images + batch.first_image)
                for features, categories, images in (
                    (visual, regions.categories, regions.image),
                    (text, word_categories[word_image, position], word_image),
                )
            )
            loss = self._contrast(
                own_regions, own_words, regions.words[:, position], batch
            )
        return dict(loss_inter=self.loss_weight * loss)

    def _contrast(
        self, regions: Rows, words: Rows, named: BoolTensor, batch: JointBatch
    ) -> Tensor:
        """Contrast own regions with all words, and own words with all regions.

        Args:
            regions: R regions of this process.
            words: W words of this process.
            named: (R, W), whether a word has a position of the region's phrase, in
                any text.
            batch: The joint batch.

        Returns:
            The loss, a scalar.
        """
        # Pairs within an image are known to its own process only.
        named = named & (regions.images[:, None] == words.images)
        all_regions, all_words = batch.join(regions, words)
        temperature = at_least_float32(self.log_temperature).exp()
        temperature = temperature.clamp(*self.temperatures)
        of_regions, num_regions = _cross_entropy(
            regions.features @ all_words.features.T / temperature,
            _positives(regions, all_words, named, batch.first_word),
        )
        of_words, num_words = _cross_entropy(
            words.features @ all_regions.features.T / temperature,
            _positives(words, all_regions, named.T, batch.first_region),
        )
        counts = batch.total(torch.stack((num_regions, num_words))).clamp(min=1)
        # So that the mean over processes is the total divided by the total count.
        return batch.size * (of_regions / counts[0] + of_words / counts[1]) / 2


def draw(image: LongTensor, most: int) -> tuple[LongTensor, LongTensor]:
    """Sample regions of each image, without waiting for the device.

    Args:
        image: (R,) int64, the image of each region.
        most: Maximum number of regions per image.

    Returns:
        (R,) int64, all regions with the sampled ones first, and their number (). Both
        groups are in their old order, so that nothing depends on the random numbers
        where no image has too many.
    """
    shuffled = torch.randperm(len(image), device=image.device)
    shuffled = shuffled[image[shuffled].argsort(stable=True)]
    by_image = image[shuffled].contiguous()
    index = torch.arange(len(image), device=image.device)
    drawn = torch.empty_like(image, dtype=torch.bool)
    drawn[shuffled] = index - torch.searchsorted(by_image, by_image) < most
    return drawn.logical_not().byte().argsort(stable=True), drawn.sum()


def _first_true(mask: BoolTensor, count: int) -> tuple[LongTensor, LongTensor]:
    """Find the rows and columns of the ``count`` true entries of a matrix.

    Unlike ``nonzero``, this does not wait for the device.
    """
    indices = mask.flatten().logical_not().byte().argsort(stable=True)[:count]
    return indices // mask.shape[1], indices % mask.shape[1]


def _positives(rows: Rows, columns: Rows, own: BoolTensor, first: int) -> BoolTensor:
    """Compute the positive pairs.

    Args:
        rows: Of this process.
        columns: Of all processes.
        own: (rows, own columns), positive pairs within this process's images.
        first: Index of this process's first column.

    Returns:
        (rows, columns) bool.
    """
    positive = rows.categories[:, None] == columns.categories
    positive &= rows.images[:, None] != columns.images
    positive[:, first : first + own.shape[1]] |= own
    return positive


def _cross_entropy(scores: Tensor, positive: BoolTensor) -> tuple[Tensor, Tensor]:
    """Sum the cross-entropies of the rows with positives, and count those rows."""
    counts = positive.sum(1)
    rows = counts > 0
    chosen = scores.log_softmax(1).masked_fill(~positive, 0.0).sum(1)
    # Rows without a positive add zero, but keep every process in the graph.
    losses = -(chosen / counts.clamp(min=1)) * rows
    return losses.sum(), rows.sum()
