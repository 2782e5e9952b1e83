"""GatedReading: words read the examples of their name, as far as gates let them."""

import torch
from torch import Tensor, nn

from ...structures.examples import ExampleWords
from .cross_attention import CrossAttention, FeedForward
from .target_reading import FEEDFORWARD


class GatedReading(nn.Module):
    """MQ-Det's ``qv_layer``, before a layer of the text encoder.

    Both gates start at zero: an untrained module returns the words as they are.

    Args:
        dim: D of a word.
        num_heads: Heads.
        head_dim: Channels of a head.
    """

    def __init__(self, dim: int, num_heads: int, head_dim: int) -> None:
        super().__init__()
        self.attention = CrossAttention(dim, dim, num_heads, head_dim)
        self.attention_gate = FeedForward(dim, dim // 2, 1)
        nn.init.zeros_(self.attention_gate.linear2.weight)
        self.feedforward = FeedForward(dim, FEEDFORWARD * dim, dim)
        self.feedforward_gate = nn.Parameter(torch.zeros(1))

    def forward(self, words: Tensor, examples: ExampleWords) -> Tensor:
        """Let words read.

        Args:
            words: (B, T, D).
            examples: Of the B texts.

        Returns:
            (B, T, D). A word without examples passes the feed-forward part only.
        """
        read = self.attention(words, examples.features, examples.owned)
        words = words + read * self.attention_gate(read).tanh()
        return words + self.feedforward(words) * self.feedforward_gate.tanh()
