"""Words read a picture where the grounding head finds them.

Shapes: B questions about a picture each, N locations over all levels, T tokens, C
channels of O, D of a word.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import BoolTensor, Tensor, nn

from .attention import TextLayer
from .grounding_head import join_levels
from .word_features import WordFeatures

PLACE = 2  # x and y of a location
# Places from -4 to 4: as large as normed features, so that they are learnt soon.
PLACE_SCALE = 4.0
# Factor of the logits that say where a word is: few locations share its weight.
SHARPNESS = 3.0
SURENESS = 2  # how well the best location fits a word, and how many do


class ReadingLayer(nn.Module):
    """Words read locations by free attention and what was found, then each other.

    Args:
        in_channels: C.
        text_dim: D.
        num_heads: Heads of both attentions.
        dropout: Of the text layer.
    """

    def __init__(
        self, in_channels: int, text_dim: int, num_heads: int, dropout: float
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.norm = nn.LayerNorm(text_dim)
        self.query = nn.Linear(text_dim, text_dim)
        self.key = nn.Linear(in_channels + PLACE, text_dim)
        self.value = nn.Linear(in_channels + PLACE, text_dim)
        self.out = nn.Linear(text_dim, text_dim)
        self.found = nn.Linear(in_channels + PLACE + SURENESS, text_dim)
        self.text_layer = TextLayer(text_dim, num_heads, 4 * text_dim, dropout)
        for module in self.text_layer.modules():
            if isinstance(module, nn.Linear):  # BERT's small weights learn late
                nn.init.xavier_uniform_(module.weight)

    def forward(
        self,
        text: Tensor,
        mask: BoolTensor,
        locations: Tensor,
        visible: BoolTensor | None,
        found: Tensor,
    ) -> Tensor:
        """Read.

        Args:
            text: (B, T, D).
            mask: (B, T), true for real tokens.
            locations: (B, N, C + 2).
            visible: (B, N), true for locations of the picture; None: all are.
            found: (B, T, C + 4), what the grounding head finds for each word.

        Returns:
            (B, T, D).
        """
        query, key, value = (
            layer(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for layer, x in (
                (self.query, self.norm(text)),
                (self.key, locations),
                (self.value, locations),
            )
        )  # (B, heads, T or N, D / heads)
        readable = None if visible is None else visible[:, None, None]
        read = F.scaled_dot_product_attention(query, key, value, attn_mask=readable)
        read = self.out(read.transpose(1, 2).flatten(2))
        return self.text_layer(text + read + self.found(found), mask)


@MODELS.register_module()
class GroundedReader(BaseModule):
    """Lets the words of a question read O before it is answered (our choice).

    In a block of the fusion words read what the block before it made of the picture, so
    in a shallow neck [CLS] has seen little. Here each word gets what the grounding head
    finds for it: O and the place, averaged by the word's alignment over the picture,
    how well the best location fits and how many fit. Words also read locations freely,
    for what no name says ("on the far left").

    Args:
        in_channels: C.
        text_dim: D.
        num_layers: Rounds of reading.
        num_heads: Heads of the attentions.
        dropout: Of the text layers.
        init_cfg: As in every mmengine module.
    """

    def __init__(
        self,
        in_channels: int = 256,
        text_dim: int = 768,
        num_layers: int = 2,
        num_heads: int = 12,
        dropout: float = 0.1,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.text_dim = text_dim
        self.norm = nn.LayerNorm(in_channels)
        self.layers = nn.ModuleList(
            ReadingLayer(in_channels, text_dim, num_heads, dropout)
            for _ in range(num_layers)
        )

    def forward(
        self,
        pyramid: Sequence[Tensor],
        alignment: Tensor,
        words: WordFeatures,
        inside: Sequence[BoolTensor] | None = None,
    ) -> WordFeatures:
        """Read.

        Args:
            pyramid: O, levels (B, C, H_i, W_i).
            alignment: (B, N, T) logits of the grounding head. Questions do not teach
                it.
            words: P of B questions.
            inside: Per level (B, H_i, W_i), true inside the picture; None: all is.

        Returns:
            The words that have read.
        """
        places = PLACE_SCALE * join_levels(relative_places(pyramid, inside))
        locations = torch.cat((self.norm(join_levels(pyramid)), places), 2)
        logits = alignment.detach().to(locations)
        visible = None
        if inside is not None:
            visible = torch.cat([keep.flatten(1) for keep in inside], 1)
            logits = logits.masked_fill(~visible[:, :, None], -torch.inf)
        where = (SHARPNESS * logits).softmax(1).transpose(1, 2)  # (B, T, N)
        found = where @ locations  # (B, T, C + 2)
        best = logits.amax(1)
        count = logits.sigmoid().sum(1).log1p()
        found = torch.cat((found, best[..., None], count[..., None]), 2)
        text = words.features
        for layer in self.layers:
            text = layer(text, words.mask, locations, visible, found)
        return words.with_features(text)


def relative_places(
    pyramid: Sequence[Tensor], inside: Sequence[BoolTensor] | None
) -> list[Tensor]:
    """Say where in its picture each location is.

    Args:
        pyramid: Levels (B, C, H_i, W_i).
        inside: Per level (B, H_i, W_i), true inside the picture; None: all is.

    Returns:
        Per level (B, 2, H_i, W_i), x and y from -1 to 1; beyond 1 outside.
    """
    places = []
    for number, level in enumerate(pyramid):
        count, _, height, width = level.shape
        heights, widths = (level.new_ones(count) * size for size in (height, width))
        if inside is not None:
            heights = inside[number].any(2).sum(1).to(level)
            widths = inside[number].any(1).sum(1).to(level)
        x, y = (
            (torch.arange(size, device=level.device) + 0.5) * 2 / extent[:, None] - 1
            for size, extent in ((width, widths), (height, heights))
        )  # (B, W), (B, H)
        places.append(
            torch.stack(
                (
                    x[:, None].expand(-1, height, -1),
                    y[:, :, None].expand(-1, -1, width),
                ),
                1,
            )
        )
    return places
