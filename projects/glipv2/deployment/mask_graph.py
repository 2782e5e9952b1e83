"""The mask head in an exported graph.

Shapes: B prompts, C channels, R boxes, L phrases of all prompts, S side of a region's
features; masks have side 2 S.
"""

from collections.abc import Sequence

import torch
from torch import LongTensor, Tensor, nn

from ..models.mask_heads.language_mask_head import LanguageMaskHead
from ..structures.word_features import WordFeatures
from .fixed_text import FixedText
from .region_features import RegionFeatures


class MaskGraph(nn.Module):
    """``LanguageMaskHead`` on selected boxes; masks stay in their boxes.

    Args:
        head: The detector's mask head.
        text: The text's constants.
    """

    def __init__(self, head: LanguageMaskHead, text: FixedText) -> None:
        super().__init__()
        self.regions = RegionFeatures(head.roi_extractor)
        self.details = None
        if head.detail_channels is not None:
            self.details = RegionFeatures(head.detail_extractor)
        self.head = head
        self.spans = list(text.spans)
        self.register_buffer('prompt_of_label', text.prompt_of_label)
        self.register_buffer('row_of_label', torch.cat(text.labels).argsort())

    def forward(
        self,
        pyramid: Sequence[Tensor],
        words: WordFeatures,
        boxes: Tensor,
        labels: LongTensor,
        scale_factor: Tensor,
        detail: Tensor | None = None,
    ) -> Tensor:
        """Segment boxes, each with the image and words that it was detected with.

        Args:
            pyramid: O of the image and each prompt, levels (B, C, H_i, W_i).
            words: P of the B prompts.
            boxes: (R, 4) in pixels of the original image.
            labels: (R,) int64.
            scale_factor: (2,), the input's size over the original's.
            detail: (1, D, H, W), the backbone's first output, if the head reads it.

        Returns:
            (R, 2 S, 2 S), probability of each pixel.
        """
        # One box more, so that no operator gets an empty batch.
        boxes = torch.cat((boxes.new_tensor([[0, 0, 8, 8]]), boxes))
        labels = torch.cat((labels.new_zeros(1), labels))
        boxes = boxes * scale_factor.repeat(2)
        x = self.regions(pyramid, boxes, self.prompt_of_label[labels])
        vectors = None
        if self.head.uses_words:
            tables = [
                self.head.phrase_vectors(features, spans)
                for features, spans in zip(words.features, self.spans)
            ]
            vectors = torch.cat(tables)[self.row_of_label[labels]]
        seen = None
        if self.details is not None:
            seen = self.details([detail], boxes, torch.zeros_like(labels))
        return self.head.match(x, vectors, seen)[1:, 0].sigmoid()
