"""Questions point at regions; what is there is the answer.

Shapes: B questions, K regions, A answers, H pointers, D channels of a word.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .named_regions import NamedRegions

HIDDEN = -1e4  # score of a slot without a region; float16 holds it


class AnswerPointer(nn.Module):
    """Adds to an answer's logit how well it names what the question points at.

    Each pointer chooses regions by where they are ("on the far left") and by how sure
    something is there, and has a say that depends on the question: how many there are
    cannot be pointed at.

    Args:
        text_dim: D.
        num_pointers: H.
        strength: Of answers' logits that all pointers together give at first.
    """

    def __init__(self, text_dim: int, num_pointers: int, strength: float) -> None:
        super().__init__()
        self.strength = strength
        self.norm = nn.LayerNorm(text_dim)
        self.direction = nn.Linear(text_dim, 2 * num_pointers)
        self.sureness_gain = nn.Parameter(torch.ones(num_pointers))
        self.say = nn.Linear(text_dim, num_pointers)
        nn.init.ones_(self.say.bias)

    def forward(self, first: Tensor, places: Tensor, regions: NamedRegions) -> Tensor:
        """Point.

        Args:
            first: (B, D), [CLS] after it has read.
            places: (B, K, 2), x and y of the regions.
            regions: What may be there.

        Returns:
            (B, A), to be added to logits.
        """
        first = self.norm(first)
        direction = self.direction(first).unflatten(1, (-1, 2))  # (B, H, 2)
        scores = direction @ places.transpose(1, 2)  # (B, H, K)
        gain = F.softplus(self.sureness_gain)[:, None]
        scores = scores + gain * regions.sureness[:, None].to(scores)
        # Finite: where nothing was found, no answer is pointed at.
        visible = regions.visible[:, None].to(scores)
        weights = scores.masked_fill(visible == 0, HIDDEN).softmax(2) * visible
        say = self.say(first) * (self.strength / len(self.sureness_gain))  # (B, H)
        chosen = (say[:, None] @ weights)[:, 0]  # (B, K)
        return (chosen[:, None] @ regions.answers.to(chosen))[:, 0]
