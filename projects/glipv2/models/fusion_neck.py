"""VLFusionNeck: the deep fusion encoder, (O, P) = Enc_VL(O0, P0)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import BoolTensor, Tensor, nn
from torch.utils.checkpoint import checkpoint

from .attention import BiAttention, TextLayer
from .clip_text import ClipLayer
from .dynamic_conv import DyConv
from .word_cache import LayerCache
from .word_features import WordFeatures

TEXT_LAYERS = ('bert', 'clip')
# Who reads in a block: images and words each other, or words the images alone.
BOTH, TO_WORDS = 'both', 'to_words'


@dataclass(frozen=True)
class PictureView:
    """What the words of one block read from B images.

    Args:
        locations: (B, N, C), normed.
        mask: (B, N), true for locations of the image itself; None: all are.
    """

    locations: Tensor
    mask: BoolTensor | None


@dataclass(frozen=True)
class Fused:
    """What comes out of a block.

    Args:
        pyramid: Levels (B, C, H_i, W_i) for the next block; None if not asked for.
        words: The words after the block; None if there were none.
        view: What the words have read; None where images read words, too.
    """

    pyramid: list[Tensor] | None
    words: WordFeatures | None
    view: PictureView | None = None


class FusionBlock(nn.Module):
    """One block: cross-attention, a text layer, DyConv (GLIP section 3.2).

    All uses go through :meth:`forward`: what hooks on calls (sharding, checkpointing,
    compiling) sees each of them.

    Args:
        attention: The cross-attention, or None for a block without fusion.
        text_layer: The layer over the words, or None likewise.
        dynamic_conv: The block over the pyramid.
    """

    def __init__(
        self,
        attention: BiAttention | None,
        text_layer: TextLayer | ClipLayer | None,
        dynamic_conv: DyConv,
    ) -> None:
        super().__init__()
        self.attention = attention
        self.text_layer = text_layer
        self.dynamic_conv = dynamic_conv

    def forward(
        self,
        image: Sequence[Tensor] | PictureView | None,
        words: WordFeatures | None,
        inside: Sequence[BoolTensor] | None = None,
        direction: str = BOTH,
        last: bool = False,
        reading: BoolTensor | None = None,
        cache: LayerCache | None = None,
    ) -> Fused:
        """Fuse images and words, or let words read images only.

        Args:
            image: Levels (B, C, H_i, W_i). Only to words also a view of an earlier
                call, which is not convolved again, or None: words read each other.
            words: B texts or, only to words, a multiple of B, as many about each
                image, one image's after the other's. None: without fusion, or to
                make a view.
            inside: Per level (B, H_i, W_i), true inside the image; None: all are.
            direction: ``'both'``, or ``'to_words'``: images read no words.
            last: Whether the pyramid is not needed any more.
            reading: (R, T, T) or, with ``cache``, (R, T, t + T), true where the first
                word may read the second; None: all real words of the text.
            cache: KV cache of earlier tokens; updated in place.

        Returns:
            The fused pyramid and words, and the view.
        """
        if direction == TO_WORDS:
            return self._to_words(image, words, inside, last, reading, cache)
        pyramid = list(image)
        if self.attention is not None:
            locations, mask = _join(pyramid, inside)
            locations, features = self.attention(
                locations, words.features, words.mask, mask
            )
            words = words.with_features(features)
            pyramid = _split(locations, pyramid)
        if self.text_layer is not None:
            words = words.with_features(self.text_layer(words.features, words.mask))
        return Fused(None if last else self._convolve(pyramid, inside), words)

    def _to_words(
        self,
        image: Sequence[Tensor] | PictureView | None,
        words: WordFeatures | None,
        inside: Sequence[BoolTensor] | None,
        last: bool,
        reading: BoolTensor | None,
        cache: LayerCache | None,
    ) -> Fused:
        view, pyramid = image, None
        if image is not None and not isinstance(image, PictureView):
            locations, mask = _join(image, inside)
            view = PictureView(self.attention.norm_visual(locations), mask)
            if not last:
                pyramid = self._convolve(_split(view.locations, image), inside)
        if words is not None:
            text = self._read(words.features, view)
            mask = words.mask if reading is None else reading
            words = words.with_features(self.text_layer(text, mask, cache))
        return Fused(pyramid, words, view)

    def _read(self, text: Tensor, view: PictureView | None) -> Tensor:
        if view is None:
            return self.attention.norm_text(text)
        by_image = text.reshape(len(view.locations), -1, text.shape[-1])
        read = self.attention.read(by_image, view.locations, view.mask)
        return read.view_as(text)

    def _convolve(
        self, pyramid: Sequence[Tensor], inside: Sequence[BoolTensor] | None
    ) -> list[Tensor]:
        return self.dynamic_conv(pyramid, inside)


@MODELS.register_module()
class VLFusionNeck(BaseModule):
    """Deep language-vision fusion over a pyramid (GLIPv2 section 3.1, GLIP 3.2).

    Args:
        in_channels: C of every pyramid level, in and out.
        text_dim: Channels of a word, in and out.
        num_blocks: Fusion blocks; 6 in the T models, 8 in GLIP-L.
        embed_dim: Channels of the cross-attention, all heads together.
        num_heads: Heads of the cross-attention.
        dropout: Of the cross-attention's weights.
        text_num_heads: Heads of the text layers.
        text_feedforward_dim: Channels inside the text layers; None: 4 * text_dim.
        text_dropout: Of the text layers.
        text_layer: ``'bert'`` (post-norm) or ``'clip'`` (pre-norm, no dropout), as the
            text encoder is (GLIP's code).
        norm_groups: Groups of the norms in DyConv.
        early_fusion: False leaves only the DyConv blocks and passes the words
            through (late fusion, as in GLIP-A).
        legacy_offsets: As of :class:`DyConv`; True for the released GLIP weights.
        with_cp: Whether a training step keeps only what goes into each block and
            computes the rest again in the backward pass.
        mask_padding: Whether locations outside an image are hidden from the words
            and from DyConv's convolutions, statistics and resizing, so that neither
            batch mates nor the amount of padding matter. False for the released GLIP
            weights, which were trained without.
        init_cfg: As in every mmengine module.

    Raises:
        ValueError: If ``text_layer`` is another word, heads do not divide channels, or
            ``mask_padding`` comes with ``legacy_offsets``.
    """

    def __init__(
        self,
        in_channels: int = 256,
        text_dim: int = 768,
        num_blocks: int = 6,
        embed_dim: int = 2048,
        num_heads: int = 8,
        dropout: float = 0.1,
        text_num_heads: int = 12,
        text_feedforward_dim: int | None = None,
        text_dropout: float = 0.1,
        text_layer: str = 'bert',
        norm_groups: int = 16,
        early_fusion: bool = True,
        mask_padding: bool = True,
        legacy_offsets: bool = False,
        with_cp: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        if text_layer not in TEXT_LAYERS:
            raise ValueError(
                f'text_layer must be one of {TEXT_LAYERS}, not {text_layer!r}'
            )
        if mask_padding and legacy_offsets:
            raise ValueError(
                'mask_padding=True cannot hold with legacy_offsets=True, which reads '
                'points by the padded width; set mask_padding=False, as the released '
                'GLIP weights were trained'
            )
        super().__init__(init_cfg=init_cfg)
        self.in_channels = in_channels
        feedforward_dim = text_feedforward_dim or 4 * text_dim
        self.text_dim = text_dim
        self.early_fusion = early_fusion
        self.mask_padding = mask_padding
        self.with_cp = with_cp
        self.blocks = nn.ModuleList()
        for _ in range(num_blocks):
            attention, over_words = None, None
            if early_fusion:
                attention = BiAttention(
                    in_channels,
                    text_dim,
                    embed_dim,
                    num_heads,
                    dropout,
                    layer_scale=1 / num_blocks,
                )
                if text_layer == 'clip':
                    over_words = ClipLayer(text_dim, text_num_heads, feedforward_dim)
                else:
                    over_words = TextLayer(
                        text_dim, text_num_heads, feedforward_dim, text_dropout
                    )
            dynamic_conv = DyConv(in_channels, norm_groups, legacy_offsets)
            self.blocks.append(FusionBlock(attention, over_words, dynamic_conv))

    def forward(
        self,
        pyramid: Sequence[Tensor],
        words: WordFeatures | None,
        inside: Sequence[BoolTensor] | None = None,
    ) -> tuple[tuple[Tensor, ...], WordFeatures | None]:
        """Fuse O0 and P0.

        Args:
            pyramid: O0, levels (B, C, H_i, W_i), finest first.
            words: P0 of B prompts; may be None without ``early_fusion``.
            inside: Per level (B, H_i, W_i), true where a location lies in its
                picture and not in the batch's padding; None: all do. Not used
                without ``mask_padding``.

        Returns:
            O, levels of the same shapes, and P.
        """
        for block in self.blocks:
            fused = self._step(block, pyramid, words, self._known(inside))
            pyramid, words = fused.pyramid, fused.words
        return tuple(pyramid), words

    def fuse_words(
        self,
        pyramid: Sequence[Tensor],
        words: WordFeatures,
        inside: Sequence[BoolTensor] | None = None,
        direction: str = BOTH,
        reading: BoolTensor | None = None,
    ) -> WordFeatures:
        """Compute P alone, without what the last block makes of the images.

        Args:
            pyramid: O0, levels (B, C, H_i, W_i).
            words: P0 of B prompts.
            inside: As of :meth:`forward`.
            direction: ``'both'``: P as :meth:`forward` gives it; ``'to_words'``:
                images read no words, so that no later word of a caption reaches an
                earlier one through the image.
            reading: (B or 1, T, T), true where the first word may read the second;
                None: all real words. Only with ``'to_words'``.

        Returns:
            P.
        """
        inside = self._known(inside)
        for block in self.blocks:
            last = block is self.blocks[-1]
            fused = self._step(
                block, pyramid, words, inside,
                TO_WORDS if last else direction, last, reading,
            )  # fmt: skip
            pyramid, words = fused.pyramid, fused.words
        return words

    def look(
        self,
        pyramid: Sequence[Tensor],
        inside: Sequence[BoolTensor] | None = None,
    ) -> list[PictureView]:
        """Compute what the words of each block read when images read no words.

        One look serves all sentences about an image.

        Args:
            pyramid: O0, levels (B, C, H_i, W_i).
            inside: As of :meth:`forward`.

        Returns:
            One view per block.
        """
        inside, views = self._known(inside), []
        for block in self.blocks:
            last = block is self.blocks[-1]
            fused = self._step(block, pyramid, None, inside, TO_WORDS, last)
            pyramid = fused.pyramid
            views.append(fused.view)
        return views

    def read(
        self,
        words: WordFeatures,
        views: Sequence[PictureView | None] | None = None,
        reading: BoolTensor | None = None,
        caches: Sequence[LayerCache] | None = None,
    ) -> WordFeatures:
        """Let words read images of :meth:`look` and each other.

        Args:
            words: R texts, R a multiple of the B images: as many about each, one
                image's after the other's.
            views: One per block; None: of images that have nothing to say to any
                word.
            reading: As of :class:`FusionBlock`.
            caches: One per block, KV caches of earlier tokens; updated in place.

        Returns:
            P of the R texts.
        """
        nothing = [None] * len(self.blocks)
        for block, view, cache in zip(self.blocks, views or nothing, caches or nothing):
            words = block(view, words, None, TO_WORDS, True, reading, cache).words
        return words

    def _known(
        self, inside: Sequence[BoolTensor] | None
    ) -> Sequence[BoolTensor] | None:
        return inside if self.mask_padding else None

    def _step(self, block: FusionBlock, *args: object) -> Fused:
        """Run a block; keep only its input for the backward pass if ``with_cp``."""
        if self.with_cp and torch.is_grad_enabled():
            return checkpoint(block, *args, use_reentrant=False)
        return block(*args)


def _join(
    pyramid: Sequence[Tensor], inside: Sequence[BoolTensor] | None
) -> tuple[Tensor, BoolTensor | None]:
    """Put locations of all levels into a row, with channels last: no copy in DyConv."""
    locations = torch.cat([x.permute(0, 2, 3, 1).flatten(1, 2) for x in pyramid], 1)
    if inside is None:
        return locations, None
    return locations, torch.cat([keep.flatten(1) for keep in inside], 1)  # (B, N)


def _split(locations: Tensor, pyramid: Sequence[Tensor]) -> list[Tensor]:
    """Undo :func:`_join`; levels get the sizes of ``pyramid``."""
    sizes = [x.shape[-2:] for x in pyramid]
    levels = locations.split([h * w for h, w in sizes], 1)
    return [
        level.unflatten(1, size).permute(0, 3, 1, 2)
        for level, size in zip(levels, sizes)
    ]
