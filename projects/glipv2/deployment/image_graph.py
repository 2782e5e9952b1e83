"""The graph of an exported file: an image in, boxes (and masks) of a fixed text out.

Shapes: H x W pixels of the image, B prompts, N locations of all levels, T tokens.
"""

from collections.abc import Sequence

import torch
from torch import BoolTensor, Tensor, nn

from ..models import GLIPv2
from ..models.branches.grounding import DEFAULT_MAX_CHUNK_BATCH
from ..structures.word_features import WordFeatures
from .box_selection import BoxSelection, Suppress
from .exportable import make_exportable
from .fixed_text import FixedText
from .image_input import ImageInput
from .mask_graph import MaskGraph


class ImageGraph(nn.Module):
    """A detector with its text folded in.

    Args:
        model: A trained detector; not modified.
        text: The text's constants.
        suppress: Suppression for the file's format.
        preprocess: Whether the input is a uint8 image; otherwise it is normalised.
        postprocess: Whether boxes are selected; otherwise the output is raw.
        half: Whether the network computes in float16; boxes and scores stay float32.
    """

    def __init__(
        self,
        model: GLIPv2,
        text: FixedText,
        suppress: Suppress,
        preprocess: bool = True,
        postprocess: bool = True,
        half: bool = False,
    ) -> None:
        super().__init__()
        dtype = torch.float16 if half else torch.float32
        model = make_exportable(model)
        self.image_input = ImageInput(model, preprocess, dtype)
        self.register_buffer('features', text.words.features.to(dtype))
        self.register_buffer('word_mask', text.words.mask)
        self.register_buffer('ids', text.words.ids)
        self.most_prompts = model.test_cfg.get(
            'max_chunk_batch', DEFAULT_MAX_CHUNK_BATCH
        )
        self.neck = model.fusion_neck
        self.head = model.bbox_head
        self.select = self.masks = None
        self.presence, self.spans = model.presence_head, list(text.spans)
        if postprocess:
            self.select = BoxSelection(model.bbox_head, text, suppress)
        if postprocess and model.mask_head is not None:
            self.masks = MaskGraph(model.mask_head, text)
        for part in (self.neck, self.head, self.masks, self.presence):
            if part is not None:
                part.to(dtype)

    def forward(
        self, image: Tensor, scale_factor: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """Detect the phrases of the text.

        Args:
            image: (H, W, 3) uint8 RGB, or (1, 3, H, W) float32, normalised, without
                ``preprocess``.
            scale_factor: (2,) float32, width and height of ``image`` over those of the
                original image; not used without ``postprocess``.

        Returns:
            bboxes (n, 4) xyxy in pixels of the original image, scores (n,), labels
            (n,) int64 and, with a mask head, mask_probs (n, S, S); without
            ``postprocess`` logits (B, N, T), box deltas (B, N, 4) and centerness
            logits (B, N).
        """
        pyramid, inside, size, detail = self.image_input(image)
        levels, words = self._fuse(pyramid, inside)
        out = self.head(levels, words)
        if self.select is None:
            return out.logits, out.boxes, out.centerness
        there = None
        if self.presence is not None:
            there = [logits.sigmoid() for logits in self.presence(words, self.spans)]
        found = self.select(out, size, scale_factor, there)
        if self.masks is None:
            return found
        masks = self.masks(levels, words, found[0], found[2], scale_factor, detail)
        return *found, masks

    def _fuse(
        self, pyramid: Sequence[Tensor], inside: Sequence[BoolTensor]
    ) -> tuple[list[Tensor], WordFeatures]:
        """Fuse the image with all prompts, ``max_chunk_batch`` at a time."""
        words = WordFeatures(self.features, self.word_mask, self.ids)
        count = len(self.features)
        if self.neck is None or not self.neck.early_fusion:
            if self.neck is not None:
                pyramid, _ = self.neck(pyramid, None, inside)
            return [level.expand(count, -1, -1, -1) for level in pyramid], words
        fused = []
        for start in range(0, count, self.most_prompts):
            some = slice(start, start + self.most_prompts)
            part = words.select(some)
            size = len(part.features)
            fused.append(
                self.neck(
                    [level.expand(size, -1, -1, -1) for level in pyramid],
                    part,
                    [mask.expand(size, -1, -1) for mask in inside],
                )
            )
        levels = [torch.cat(x) for x in zip(*(levels for levels, _ in fused))]
        features = torch.cat([part.features for _, part in fused])
        return levels, words.with_features(features)
