"""Heads on the fused words P."""

import torch
import torch.nn.functional as F
from mmdet.utils import reduce_mean
from mmengine.model import BaseModule
from torch import LongTensor, Tensor, nn

from ..device.precision import at_least_float32, count_of

EMBEDDINGS = ('tie', 'copy', 'none')


class VocabularyHead(BaseModule):
    """Scores of all words of the vocabulary, as BERT's output layer.

    Args:
        text_dim: Channels of a word.
        vocab_size: Words of the tokenizer.
        embeddings: What the output layer has to do with the text encoder's word
            embeddings: ``'tie'``: it is them, as in BERT (no parameters of its own but
            a bias; with a frozen encoder, no gradient either); ``'copy'``: it starts
            as they are; ``'none'``: it starts at random.
        init_cfg: As in every mmengine module.

    Raises:
        ValueError: If ``embeddings`` is another word.
    """

    def __init__(
        self,
        text_dim: int = 768,
        vocab_size: int = 30522,
        embeddings: str = 'tie',
        init_cfg: dict | None = None,
    ) -> None:
        if embeddings not in EMBEDDINGS:
            raise ValueError(
                f'embeddings must be one of {EMBEDDINGS}, not {embeddings!r}'
            )
        super().__init__(init_cfg=init_cfg)
        self.text_dim = text_dim
        self.embeddings = embeddings
        self.dense = nn.Linear(text_dim, text_dim)
        self.norm = nn.LayerNorm(text_dim, eps=1e-12)
        nn.init.normal_(self.dense.weight, std=0.02)
        nn.init.zeros_(self.dense.bias)
        self.output_bias = nn.Parameter(torch.zeros(vocab_size))
        # In a list, so that it stays a part of the text encoder alone: once in
        # checkpoints, once in the optimiser.
        self._shared: list[nn.Embedding] = []
        if embeddings != 'tie':
            weight = torch.empty(vocab_size, text_dim)
            self.output_weight = nn.Parameter(nn.init.normal_(weight, std=0.02))

    def share(self, embeddings: nn.Embedding) -> None:
        """Make the text encoder's word embeddings the output layer, if ``'tie'``.

        Args:
            embeddings: (vocab_size, text_dim).

        Raises:
            ValueError: If the sizes differ.
        """
        if self.embeddings == 'tie':
            self._check(embeddings)
            self._shared = [embeddings]

    def start_from(self, embeddings: nn.Embedding) -> None:
        """Copy the text encoder's word embeddings into the output layer, if ``'copy'``.

        Args:
            embeddings: (vocab_size, text_dim).

        Raises:
            ValueError: If the sizes differ.
        """
        if self.embeddings == 'copy':
            self._check(embeddings)
            with torch.no_grad():
                self.output_weight.copy_(embeddings.weight)

    def _check(self, embeddings: nn.Embedding) -> None:
        needed = (len(self.output_bias), self.text_dim)
        if tuple(embeddings.weight.shape) != needed:
            raise ValueError(
                f'the text encoder has word embeddings '
                f'{tuple(embeddings.weight.shape)}, but {type(self).__name__} '
                f'needs {needed}: set its vocab_size and text_dim, '
                "or embeddings='none'"
            )

    def forward(self, features: Tensor) -> Tensor:
        """Score the vocabulary.

        Args:
            features: (..., text_dim) of P.

        Returns:
            Logits (..., vocab_size).
        """
        weight = self._shared[0].weight if self._shared else self.output_weight
        inner = self.norm(F.gelu(self.dense(features)))
        return F.linear(inner, weight, self.output_bias)


def no_scored_words(like: Tensor) -> tuple[Tensor, LongTensor]:
    """Make the arguments of :func:`word_loss` for no word.

    Args:
        like: Of the wanted device and type.

    Returns:
        Logits (0, 1) and targets (0,).
    """
    targets = torch.zeros(0, dtype=torch.long, device=like.device)
    return like.new_zeros(0, 1), targets


def word_loss(logits: Tensor, targets: LongTensor) -> tuple[Tensor, Tensor]:
    """Compute the cross-entropy of n words, and how many come first.

    Args:
        logits: (n, vocab_size); n may be 0: the loss is 0 and keeps the graph.
        targets: (n,) int64.

    Returns:
        The loss, the mean over processes of which is the mean over all their words,
        and the share of right words in [0, 1].
    """
    count = reduce_mean(count_of(len(targets), logits))
    total = F.cross_entropy(at_least_float32(logits), targets, reduction='sum')
    right = (logits.detach().argmax(-1) == targets).sum() / max(len(targets), 1)
    return total / count.clamp(min=1e-6), right
