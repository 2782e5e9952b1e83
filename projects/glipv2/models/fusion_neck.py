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


@dataclass(frozen=True)
class PictureView:
    """What the words of one block read from B pictures.

    Args:
        locations: (B, N, C), normed.
        mask: (B, N), true for locations of the picture itself; None: all are.
    """

    locations: Tensor
    mask: BoolTensor | None


class FusionBlock(nn.Module):
    """One block: bidirectional attention, a text layer, DyConv (GLIP section 3.2).

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
        pyramid: Sequence[Tensor],
        words: WordFeatures | None,
        inside: Sequence[BoolTensor] | None,
    ) -> tuple[list[Tensor], WordFeatures | None]:
        """Fuse a pyramid and words.

        Args:
            pyramid: Levels (B, C, H_i, W_i).
            words: B prompts; None only for a block without fusion.
            inside: Per level (B, H_i, W_i), true inside the picture; None: all are.

        Returns:
            The fused pyramid and words.
        """
        pyramid = list(pyramid)
        if self.attention is not None:
            locations, mask = _join(pyramid, inside)
            locations, features = self.attention(
                locations, words.features, words.mask, mask
            )
            words = words.with_features(features)
            pyramid = _split(locations, pyramid)
        if self.text_layer is not None:
            words = words.with_features(self.text_layer(words.features, words.mask))
        return self._convolve(pyramid, inside), words

    def look(
        self, pyramid: Sequence[Tensor], inside: Sequence[BoolTensor] | None
    ) -> PictureView:
        """Prepare pictures that read no words.

        Args:
            pyramid: Levels (B, C, H_i, W_i).
            inside: As of :meth:`forward`.

        Returns:
            What words read from them.
        """
        locations, mask = _join(pyramid, inside)
        return PictureView(self.attention.norm_visual(locations), mask)

    def follow(
        self,
        view: PictureView,
        pyramid: Sequence[Tensor],
        inside: Sequence[BoolTensor] | None,
    ) -> list[Tensor]:
        """Compute the next block's pictures when pictures read no words.

        Args:
            view: Of :meth:`look` at ``pyramid``.
            pyramid: Levels (B, C, H_i, W_i).
            inside: As of :meth:`forward`.

        Returns:
            Levels of the same shapes.
        """
        return self._convolve(_split(view.locations, pyramid), inside)

    def read(
        self,
        text: Tensor,
        mask: BoolTensor,
        view: PictureView,
        cache: LayerCache | None = None,
    ) -> Tensor:
        """Let words read pictures and each other; pictures do not read.

        Args:
            text: (R, T, text_dim), R a multiple of the B pictures: as many sentences
                about each, one picture's after the other's.
            mask: Which words may be read, as of ``TextLayer``.
            view: Of :meth:`look`.
            cache: Of the words before these; gets these too.

        Returns:
            (R, T, text_dim).
        """
        count = len(view.locations)
        by_picture = text.reshape(count, -1, text.shape[-1])
        read = self.attention.read(by_picture, view.locations, view.mask)
        return self.text_layer(read.view_as(text), mask, cache)

    def read_nothing(self, words: WordFeatures) -> WordFeatures:
        """Let words read each other and no picture.

        Args:
            words: B prompts.

        Returns:
            The words, as of a picture that has nothing to say to them.
        """
        text = self.attention.norm_text(words.features)
        return words.with_features(self.text_layer(text, words.mask))

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
        return self._run(self.blocks, pyramid, words, self._known(inside))

    def fuse_words(
        self,
        pyramid: Sequence[Tensor],
        words: WordFeatures,
        inside: Sequence[BoolTensor] | None = None,
    ) -> WordFeatures:
        """Compute P alone, without what the last block makes of the pictures.

        Args:
            pyramid: O0, levels (B, C, H_i, W_i).
            words: P0 of B prompts.
            inside: As of :meth:`forward`.

        Returns:
            P, as :meth:`forward` gives it.
        """
        inside = self._known(inside)
        pyramid, words = self._run(self.blocks[:-1], pyramid, words, inside)
        last = self.blocks[-1]
        view = last.look(pyramid, inside)
        return words.with_features(last.read(words.features, words.mask, view))

    def look(
        self,
        pyramid: Sequence[Tensor],
        inside: Sequence[BoolTensor] | None = None,
    ) -> list[PictureView]:
        """Compute what the words of each block read when pictures read no words.

        Text to image is off, so that no later word of a caption reaches an earlier
        one through the picture, and one look serves all sentences about it.

        Args:
            pyramid: O0, levels (B, C, H_i, W_i).
            inside: As of :meth:`forward`.

        Returns:
            One view per block.
        """
        inside = self._known(inside)
        views = [self.blocks[0].look(pyramid, inside)]
        for block, following in zip(self.blocks, self.blocks[1:]):
            pyramid = block.follow(views[-1], pyramid, inside)
            views.append(following.look(pyramid, inside))
        return views

    def read(
        self,
        text: Tensor,
        mask: BoolTensor,
        views: Sequence[PictureView],
        caches: Sequence[LayerCache] | None = None,
    ) -> Tensor:
        """Let words read pictures of :meth:`look` and each other.

        Args:
            text: (R, T, text_dim), R a multiple of the B pictures: as many sentences
                about each, one picture's after the other's.
            mask: Which words may be read, as of ``TextLayer``.
            views: One per block.
            caches: One per block, of the words before these; get these too.

        Returns:
            (R, T, text_dim) of P.
        """
        for number, (block, view) in enumerate(zip(self.blocks, views)):
            cache = None if caches is None else caches[number]
            text = block.read(text, mask, view, cache)
        return text

    def read_nothing(self, words: WordFeatures) -> WordFeatures:
        """Compute P of words without a picture.

        Args:
            words: P0 of B prompts.

        Returns:
            P, as of a picture that has nothing to say to any word.
        """
        for block in self.blocks:
            words = block.read_nothing(words)
        return words

    def _known(
        self, inside: Sequence[BoolTensor] | None
    ) -> Sequence[BoolTensor] | None:
        return inside if self.mask_padding else None

    def _run(
        self,
        blocks: Sequence[FusionBlock],
        pyramid: Sequence[Tensor],
        words: WordFeatures | None,
        inside: Sequence[BoolTensor] | None,
    ) -> tuple[tuple[Tensor, ...], WordFeatures | None]:
        recompute = self.with_cp and torch.is_grad_enabled()
        for block in blocks:
            if recompute:
                pyramid, words = checkpoint(
                    block, pyramid, words, inside, use_reentrant=False
                )
            else:
                pyramid, words = block(pyramid, words, inside)
        return tuple(pyramid), words


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
