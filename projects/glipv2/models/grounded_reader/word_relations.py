"""Words read where other words' things are, as seen from their own.

Shapes: B questions, T tokens, H heads, D channels of a word, R of a
relation.
"""

import torch
from torch import BoolTensor, Tensor, nn


class WordRelations(nn.Module):
    """Attention among words whose values are their places' differences.

    "Is the dog to the left of the cat?" needs no more than the sign of one of them.

    Args:
        text_dim: D.
        num_heads: H.
        relation_dim: R, channels that a relation of places is written in.
    """

    def __init__(self, text_dim: int, num_heads: int, relation_dim: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(text_dim, text_dim)
        self.key = nn.Linear(text_dim, text_dim)
        self.value = nn.Sequential(
            nn.Linear(2, relation_dim), nn.GELU(), nn.Linear(relation_dim, relation_dim)
        )
        self.out = nn.Linear(num_heads * relation_dim, text_dim)

    def forward(self, text: Tensor, mask: BoolTensor, places: Tensor) -> Tensor:
        """Read relations.

        Args:
            text: (B, T, D), normed.
            mask: (B, T), true for real tokens.
            places: (B, T, 2), x and y of what was found for each word.

        Returns:
            (B, T, D).
        """
        query, key = (
            layer(text).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for layer in (self.query, self.key)
        )  # (B, H, T, D / H)
        scores = query @ key.transpose(2, 3) / query.shape[-1] ** 0.5
        weights = scores.masked_fill(~mask[:, None, None], -torch.inf).softmax(3)
        # Halved: differences as large as places.
        apart = (places[:, :, None] - places[:, None]) / 2
        relations = self.value(apart)  # (B, T, T, R)
        read = weights.permute(0, 2, 1, 3) @ relations.to(weights)  # (B, T, H, R)
        return self.out(read.flatten(2))
