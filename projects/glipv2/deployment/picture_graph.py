"""The graph of an exported file: a picture in, boxes (and masks) of a fixed text out.

Shapes: H x W pixels of the picture, B prompts, N locations of all levels, T tokens.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import BoolTensor, Tensor, nn

from ..models import GLIPv2
from ..models.detector import DEFAULT_MAX_CHUNK_BATCH
from ..models.word_features import WordFeatures
from .box_selection import BoxSelection, Suppress
from .exportable import make_exportable
from .fixed_text import FixedText
from .mask_graph import MaskGraph


class PictureGraph(nn.Module):
    """A detector with its text folded in.

    Args:
        model: A trained detector; stays as it is.
        text: The text's constants.
        suppress: Suppression of the kind of file that is written.
        preprocess: Whether the input is a picture of whole numbers; otherwise it is
            normalised already.
        postprocess: Whether boxes are selected; otherwise the head's raw output
            comes out.
        half: Whether the network computes in float16; places and scores stay float32.
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
        self.preprocess, self.postprocess = preprocess, postprocess
        self.dtype = torch.float16 if half else torch.float32
        model = make_exportable(model)
        prepare = model.data_preprocessor
        self.divisor, self.pad_value = prepare.pad_size_divisor, prepare.pad_value
        self.flip_channels = not prepare._channel_conversion  # files hold RGB
        self.register_buffer('mean', prepare.mean.float())  # (3, 1, 1)
        self.register_buffer('std', prepare.std.float())
        self.register_buffer('features', text.words.features.to(self.dtype))
        self.register_buffer('word_mask', text.words.mask)
        self.register_buffer('ids', text.words.ids)
        self.step = model.test_cfg.get('max_chunk_batch', DEFAULT_MAX_CHUNK_BATCH)
        self.select = BoxSelection(model.bbox_head, text, suppress)
        self.masks = None
        if model.mask_head is not None:
            self.masks = MaskGraph(model.mask_head.to(self.dtype), text)
        del model.text_encoder, model.mask_head
        self.model = model.to(self.dtype)

    def forward(
        self, image: Tensor, scale_factor: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """Find what the text names.

        Args:
            image: (H, W, 3) uint8 RGB, or (1, 3, H, W) float32, normalised, without
                ``preprocess``.
            scale_factor: (2,) float32, width and height of ``image`` over those of the
                original picture.

        Returns:
            bboxes (n, 4) xyxy in pixels of the original picture, scores (n,), labels
            (n,) int64 and, with a mask head, mask_probs (n, S, S); without
            ``postprocess`` logits (B, N, T), box deltas (B, N, 4) and centerness
            logits (B, N).
        """
        x = self._normalise(image) if self.preprocess else image
        height, width = x.shape[-2:]
        x = self._pad(x).to(self.dtype)
        pyramid = self.model.extract_feat(x)
        inside = self._inside((height, width), x.shape[-2:], pyramid)
        levels, words = self._fuse(pyramid, inside)
        out = self.model.bbox_head(levels, words)
        if not self.postprocess:
            return out.logits, out.boxes, out.centerness
        found = self.select(out, (height, width), scale_factor)
        if self.masks is None:
            return found
        return *found, self.masks(levels, words, found[0], found[2], scale_factor)

    def _normalise(self, image: Tensor) -> Tensor:
        x = image.permute(2, 0, 1).float()  # (3, H, W)
        if self.flip_channels:
            x = x.flip(0)
        return ((x - self.mean) / self.std)[None]

    def _pad(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        down, right = (
            (side + self.divisor - 1) // self.divisor * self.divisor - side
            for side in (height, width)
        )
        return F.pad(x, (0, right, 0, down), value=self.pad_value)

    def _inside(
        self,
        size: tuple[int, int],
        padded: tuple[int, int],
        pyramid: Sequence[Tensor],
    ) -> list[BoolTensor]:
        """Mark locations of the picture, as ``inside_masks``, per level (1, h, w)."""
        masks = []
        for level in pyramid:
            rows, columns = (
                torch.arange(count, device=level.device) * of_padded < extent * count
                for count, of_padded, extent in zip(level.shape[-2:], padded, size)
            )
            masks.append((rows[:, None] & columns)[None])
        return masks

    def _fuse(
        self, pyramid: Sequence[Tensor], inside: Sequence[BoolTensor]
    ) -> tuple[list[Tensor], WordFeatures]:
        """Fuse the picture with all prompts, ``max_chunk_batch`` at once."""
        words = WordFeatures(self.features, self.word_mask, self.ids)
        count = len(self.features)
        neck = self.model.fusion_neck
        if neck is None or not neck.early_fusion:
            if neck is not None:
                pyramid, _ = neck(pyramid, None, inside)
            return [level.expand(count, -1, -1, -1) for level in pyramid], words
        fused = []
        for start in range(0, count, self.step):
            some = slice(start, start + self.step)
            part = WordFeatures(self.features[some], self.word_mask[some], self.ids[some])
            size = len(part.features)
            fused.append(
                neck(
                    [level.expand(size, -1, -1, -1) for level in pyramid],
                    part,
                    [mask.expand(size, -1, -1) for mask in inside],
                )
            )
        levels = [torch.cat(x) for x in zip(*(pyramid for pyramid, _ in fused))]
        features = torch.cat([part.features for _, part in fused])
        return levels, words.with_features(features)
