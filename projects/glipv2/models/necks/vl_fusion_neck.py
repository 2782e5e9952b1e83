"""VLFusionNeck: the deep fusion encoder, (O, P) = Enc_VL(O0, P0)."""

from collections.abc import Sequence

import torch
from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import BoolTensor, Tensor, nn
from torch.utils.checkpoint import checkpoint

from ...structures.fused import Fused, ImageView
from ...structures.word_features import WordFeatures
from ..dynamic_head.dynamic_conv import DyConv
from ..language_models.clip_text import ClipLayer
from ..layers.bi_attention import BiAttention
from ..layers.kv_cache import KVCache
from ..layers.text_layer import TextLayer
from .fusion_block import BOTH, TO_WORDS, FusionBlock

TEXT_LAYERS = ('bert', 'clip')


@MODELS.register_module()
class VLFusionNeck(BaseModule):
    """Deep language-vision fusion over a pyramid (GLIPv2 section 3.1, GLIP 3.2).

    Args:
        in_channels: C of every pyramid level, in and out.
        text_dim: Channels of a word, in and out.
        num_blocks: Fusion blocks: 6 in the T models, 8 in GLIP-L.
        embed_dim: Channels of the cross-attention, all heads together.
        num_heads: Heads of the cross-attention.
        dropout: Of the cross-attention weights.
        text_num_heads: Heads of the text layers.
        text_feedforward_dim: Channels inside the text layers; None: 4 * text_dim.
        text_dropout: Of the text layers.
        text_layer: ``'bert'`` (post-norm) or ``'clip'`` (pre-norm, no dropout), like
            the text encoder (GLIP's code).
        norm_groups: Groups of DyConv's norms.
        early_fusion: If false, there are only DyConv blocks, and words pass through
            unchanged (late fusion, as in GLIP-A).
        legacy_offsets: As in :class:`DyConv`; true for the released GLIP weights.
        with_cp: Activation checkpointing: whether a training step keeps only the
            input of each block and computes the rest again in the backward pass.
        mask_padding: Whether the batch's padding is hidden from the words and from
            DyConv's convolutions, statistics and resizing, so that an image's result
            does not depend on it. False for the released GLIP weights, which were
            trained without.
        init_cfg: As in every mmengine module.

    Raises:
        ValueError: If ``text_layer`` is none of these, heads do not divide channels,
            or ``mask_padding`` comes with ``legacy_offsets``.
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
                'mask_padding=True is impossible with legacy_offsets=True, which '
                'depends on the padded width; set mask_padding=False, as the released '
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
                    over_words = ClipLayer(
                        text_dim, text_num_heads, feedforward_dim, eps=1e-12
                    )  # GLIP's code
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
                image and not in the batch's padding; None: everywhere. Ignored
                without ``mask_padding``.

        Returns:
            O, levels of the same shapes, and P.
        """
        inside = self._visible(inside)
        for block in self.blocks:
            fused = self._run_block(block, pyramid, words, inside)
            pyramid, words = fused.pyramid, fused.words
        return tuple(pyramid), words

    def fuse_words(
        self,
        pyramid: Sequence[Tensor],
        words: WordFeatures,
        inside: Sequence[BoolTensor] | None = None,
        direction: str = BOTH,
        attention_mask: BoolTensor | None = None,
    ) -> WordFeatures:
        """Compute P alone, which saves half of the last block.

        Args:
            pyramid: O0, levels (B, C, H_i, W_i).
            words: P0 of B prompts.
            inside: As in :meth:`forward`.
            direction: ``'both'``: the P of :meth:`forward`. ``'to_words'``: images do
                not attend to words, so that no later word of a caption reaches an
                earlier one through the image.
            attention_mask: (B or 1, T, T), as in :class:`FusionBlock`.

        Returns:
            P.
        """
        inside = self._visible(inside)
        for block in self.blocks:
            last = block is self.blocks[-1]
            fused = self._run_block(
                block, pyramid, words, inside,
                TO_WORDS if last else direction, last, attention_mask,
            )  # fmt: skip
            pyramid, words = fused.pyramid, fused.words
        return words

    def image_views(
        self,
        pyramid: Sequence[Tensor],
        inside: Sequence[BoolTensor] | None = None,
    ) -> list[ImageView]:
        """Compute what words attend to in each block, if images do not attend to words.

        The views of an image serve all texts about it.

        Args:
            pyramid: O0, levels (B, C, H_i, W_i).
            inside: As in :meth:`forward`.

        Returns:
            One view per block.
        """
        inside, views = self._visible(inside), []
        for block in self.blocks:
            last = block is self.blocks[-1]
            fused = self._run_block(block, pyramid, None, inside, TO_WORDS, last)
            pyramid = fused.pyramid
            views.append(fused.view)
        return views

    def read(
        self,
        words: WordFeatures,
        views: Sequence[ImageView | None] | None = None,
        attention_mask: BoolTensor | None = None,
        caches: Sequence[KVCache] | None = None,
    ) -> WordFeatures:
        """Compute P from the views of images.

        Args:
            words: P0 of R texts, as in :class:`FusionBlock`.
            views: One per block, made by :meth:`image_views`; None: words attend to
                each other only.
            attention_mask: As in :class:`FusionBlock`.
            caches: One per block: KV cache of earlier tokens; updated in place.

        Returns:
            P of the R texts.
        """
        none = [None] * len(self.blocks)
        for block, view, cache in zip(self.blocks, views or none, caches or none):
            fused = block(view, words, None, TO_WORDS, True, attention_mask, cache)
            words = fused.words
        return words

    def _visible(
        self, inside: Sequence[BoolTensor] | None
    ) -> Sequence[BoolTensor] | None:
        return inside if self.mask_padding else None

    def _run_block(self, block: FusionBlock, *args: object) -> Fused:
        if self.with_cp and torch.is_grad_enabled():
            return checkpoint(block, *args, use_reentrant=False)
        return block(*args)
