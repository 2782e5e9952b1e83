"""WordMatching: logits of regions for words, S_ground (GLIP and GLIPv2, section 3.1).

``region Linear(norm(P)/2)^T / exp(log_scale) + norm(P) bias_lang`` is the logit of a
region for a word; a phrase's is the mean over its words.
"""

import torch
from torch import BoolTensor, Tensor, nn

from ..device.precision import at_least_float32, unit_vectors

CLAMP = 50000.0  # as in GLIP's code: below float16's largest number


class WordMatching(nn.Module):
    """Base of the heads that match regions with words, each by weights of its own."""

    def init_matching(self, in_channels: int, text_dim: int) -> None:
        """Make the weights for regions of C channels and words of ``text_dim``."""
        self.text_projection = nn.Linear(text_dim, in_channels)
        self.log_scale = nn.Parameter(torch.zeros(1))
        self.bias_lang = nn.Parameter(torch.zeros(text_dim))

    def word_vectors(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Project words into the space of regions.

        Args:
            features: (..., text_dim) of P.

        Returns:
            (..., C), which regions are multiplied by, and (...), the bias.
        """
        unit = unit_vectors(features).to(self.bias_lang.dtype)
        projected = self.text_projection(unit / 2) / self.log_scale.exp()
        return projected, unit @ self.bias_lang


def clamp_logits(logits: Tensor) -> Tensor:
    """Clamp logits to +-``CLAMP``, in at least float32."""
    return at_least_float32(logits).clamp(-CLAMP, CLAMP)


def word_shares(spans: BoolTensor, like: Tensor) -> Tensor:
    """Compute the weights of the mean over each phrase's words.

    Args:
        spans: (K, T), the words of each phrase.
        like: Gives the dtype.

    Returns:
        (K, T); rows sum to 1, or to 0 for a phrase without words.
    """
    share = spans.to(like)
    return share / share.sum(1, keepdim=True).clamp(min=1)
