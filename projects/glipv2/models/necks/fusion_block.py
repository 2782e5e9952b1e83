"""FusionBlock: one block of the deep fusion."""

from collections.abc import Sequence

from torch import BoolTensor, Tensor, nn

from ...structures.fused import Fused, ImageView
from ...structures.word_features import WordFeatures
from ..dynamic_head.dynamic_conv import DyConv
from ..language_models.clip_text import ClipLayer
from ..layers.bi_attention import BiAttention
from ..layers.kv_cache import KVCache
from ..layers.levels import join_levels, join_masks, split_levels
from ..layers.text_layer import TextLayer

# Who attends to whom: images and words to each other, or only words to images.
BOTH, TO_WORDS = 'both', 'to_words'


class FusionBlock(nn.Module):
    """One block: cross-attention, a text layer, DyConv (GLIP section 3.2).

    All uses go through :meth:`forward`, so that sharding, checkpointing and compiling
    work for each of them.

    Args:
        attention: The cross-attention; None without fusion.
        text_layer: The layer over the words; None without fusion.
        dynamic_conv: The convolutions over the pyramid.
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
        attention_mask: BoolTensor | None = None,
        cache: KVCache | None = None,
    ) -> Fused:
        """Fuse images and words.

        Args:
            image: Levels (B, C, H_i, W_i). With ``'to_words'`` also the view of an
                earlier call, which saves the convolutions, or None: words attend to
                each other only.
            words: P of B texts; with ``'to_words'`` of R texts, R a multiple of B, the
                texts of an image one after the other. None: without fusion, or to
                make a view only.
            inside: Per level (B, H_i, W_i), true inside the image; None: everywhere.
            direction: ``'both'``, or ``'to_words'``: images do not attend to words.
            last: Whether the pyramid is not needed any more.
            attention_mask: (R, T, T) or, with ``cache``, (R, T, t + T), true where the
                first word may attend to the second; None: to all real words. Only
                with ``'to_words'``.
            cache: KV cache of earlier tokens; updated in place.

        Returns:
            The fused pyramid and words, and the view.
        """
        if direction == TO_WORDS:
            return self._to_words(image, words, inside, last, attention_mask, cache)
        pyramid = list(image)
        if self.attention is not None:
            locations, features = self.attention(
                join_levels(pyramid), words.features, words.mask, join_masks(inside)
            )
            words = words.with_features(features)
            pyramid = split_levels(locations, pyramid)
        if self.text_layer is not None:
            words = words.with_features(self.text_layer(words.features, words.mask))
        return Fused(None if last else self.dynamic_conv(pyramid, inside), words)

    def _to_words(
        self,
        image: Sequence[Tensor] | ImageView | None,
        words: WordFeatures | None,
        inside: Sequence[BoolTensor] | None,
        last: bool,
        attention_mask: BoolTensor | None,
        cache: KVCache | None,
    ) -> Fused:
        view, pyramid = image, None
        if image is not None and not isinstance(image, ImageView):
            locations = self.attention.norm_visual(join_levels(image))
            view = ImageView(locations, join_masks(inside))
            if not last:
                pyramid = self.dynamic_conv(split_levels(locations, image), inside)
        if words is not None:
            text = self._attend_to_image(words.features, view)
            mask = words.mask if attention_mask is None else attention_mask
            words = words.with_features(self.text_layer(text, mask, cache))
        return Fused(pyramid, words, view)

    def _attend_to_image(self, text: Tensor, view: ImageView | None) -> Tensor:
        if view is None:
            return self.attention.norm_text(text)
        by_image = text.reshape(len(view.locations), -1, text.shape[-1])
        attended = self.attention.to_words(by_image, view.locations, view.mask)
        return attended.view_as(text)
