"""FusionBlock: one block of the deep fusion encoder."""

from collections.abc import Sequence

from torch import BoolTensor, Tensor, nn

from ...structures.fused import Fused, ImageView
from ...structures.word_features import WordFeatures
from ..dynamic_head.dynamic_conv import DyConv
from ..language_models.clip_text import ClipLayer
from ..layers.bi_attention import BiAttention
from ..layers.kv_cache import LayerCache
from ..layers.levels import join_levels, join_masks, split_levels
from ..layers.text_layer import TextLayer

# Who reads in a block: images and words each other, or words the images alone.
BOTH, TO_WORDS = 'both', 'to_words'


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
        image: Sequence[Tensor] | ImageView | None,
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
            locations, features = self.attention(
                join_levels(pyramid), words.features, words.mask, join_masks(inside)
            )
            words = words.with_features(features)
            pyramid = split_levels(locations, pyramid)
        if self.text_layer is not None:
            words = words.with_features(self.text_layer(words.features, words.mask))
        return Fused(None if last else self._convolve(pyramid, inside), words)

    def _to_words(
        self,
        image: Sequence[Tensor] | ImageView | None,
        words: WordFeatures | None,
        inside: Sequence[BoolTensor] | None,
        last: bool,
        reading: BoolTensor | None,
        cache: LayerCache | None,
    ) -> Fused:
        view, pyramid = image, None
        if image is not None and not isinstance(image, ImageView):
            locations = self.attention.norm_visual(join_levels(image))
            view = ImageView(locations, join_masks(inside))
            if not last:
                pyramid = self._convolve(split_levels(view.locations, image), inside)
        if words is not None:
            text = self._read(words.features, view)
            mask = words.mask if reading is None else reading
            words = words.with_features(self.text_layer(text, mask, cache))
        return Fused(pyramid, words, view)

    def _read(self, text: Tensor, view: ImageView | None) -> Tensor:
        if view is None:
            return self.attention.norm_text(text)
        by_image = text.reshape(len(view.locations), -1, text.shape[-1])
        read = self.attention.read(by_image, view.locations, view.mask)
        return read.view_as(text)

    def _convolve(
        self, pyramid: Sequence[Tensor], inside: Sequence[BoolTensor] | None
    ) -> list[Tensor]:
        return self.dynamic_conv(pyramid, inside)
