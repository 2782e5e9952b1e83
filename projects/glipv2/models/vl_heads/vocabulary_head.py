"""VocabularyHead: logits over the vocabulary, from the fused words P."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from mmdet.utils import reduce_mean
from mmengine.model import BaseModule
from torch import LongTensor, Tensor, nn

from ..device.precision import at_least_float32, count_of

EMBEDDINGS = ('tie', 'copy', 'none')


class VocabularyHead(BaseModule):
    """Scores every token of the vocabulary, like BERT's output layer.

    Args:
        text_dim: Channels of a word.
        vocab_size: Tokens of the tokenizer.
        embeddings: How the output layer uses the text encoder's word embeddings.
            ``'tie'``: they are its weights, as in BERT (its only own parameter is a
            bias; with a frozen encoder the weights get no gradient). ``'copy'``: it
            is initialised with them. ``'none'``: it is initialised at random.
        loss_weight: Factor of the loss (1 in GLIP's code).
        init_cfg: As in every mmengine module.

    Attributes:
        task: What the head is trained for; part of its losses' names.

    Raises:
        ValueError: If ``embeddings`` is none of these.
    """

    task: ClassVar[str]

    def __init__(
        self,
        text_dim: int = 768,
        vocab_size: int = 30522,
        embeddings: str = 'tie',
        loss_weight: float = 1.0,
        init_cfg: dict | None = None,
    ) -> None:
        if embeddings not in EMBEDDINGS:
            raise ValueError(
                f'embeddings must be one of {EMBEDDINGS}, not {embeddings!r}'
            )
        super().__init__(init_cfg=init_cfg)
        self.text_dim = text_dim
        self.embeddings = embeddings
        self.loss_weight = loss_weight
        self.dense = nn.Linear(text_dim, text_dim)
        self.norm = nn.LayerNorm(text_dim, eps=1e-12)
        nn.init.normal_(self.dense.weight, std=0.02)
        nn.init.zeros_(self.dense.bias)
        self.output_bias = nn.Parameter(torch.zeros(vocab_size))
        # A list hides them from the module: they belong to the text encoder, once in
        # checkpoints and once in the optimiser.
        self._tied: list[nn.Embedding] = []
        if embeddings != 'tie':
            weight = torch.empty(vocab_size, text_dim)
            self.output_weight = nn.Parameter(nn.init.normal_(weight, std=0.02))

    def tie_embeddings(self, embeddings: nn.Embedding) -> None:
        """Use the text encoder's word embeddings as output weights, if ``'tie'``.

        Args:
            embeddings: (vocab_size, text_dim).

        Raises:
            ValueError: If the sizes differ.
        """
        if self.embeddings == 'tie':
            self._check_size(embeddings)
            self._tied = [embeddings]

    @torch.no_grad()
    def copy_embeddings(self, embeddings: nn.Embedding) -> None:
        """Initialise the output weights, if ``'copy'``; as :meth:`tie_embeddings`."""
        if self.embeddings == 'copy':
            self._check_size(embeddings)
            self.output_weight.copy_(embeddings.weight)

    def _check_size(self, embeddings: nn.Embedding) -> None:
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
        weight = self._tied[0].weight if self._tied else self.output_weight
        inner = self.norm(F.gelu(self.dense(features)))
        return F.linear(inner, weight, self.output_bias)

    def token_loss(self, logits: Tensor, targets: LongTensor) -> dict[str, Tensor]:
        """Compute the cross-entropy and the accuracy of n tokens.

        Args:
            logits: (n, vocab_size); n may be 0: the loss is 0 and keeps the graph.
            targets: (n,) int64 token ids.

        Returns:
            ``loss_<task>``, whose mean over the processes is the mean over all their
            tokens, and ``<task>_accuracy`` in [0, 1].
        """
        count = reduce_mean(count_of(len(targets), logits)).clamp(min=1e-6)
        total = F.cross_entropy(at_least_float32(logits), targets, reduction='sum')
        right = (logits.detach().argmax(-1) == targets).sum() / max(len(targets), 1)
        return {
            f'loss_{self.task}': self.loss_weight * (total / count),
            f'{self.task}_accuracy': right,
        }

    def no_loss(self, like: Tensor) -> dict[str, Tensor]:
        """Take part in the collectives of :meth:`token_loss` without a token.

        Args:
            like: Gives the device and dtype.

        Returns:
            As :meth:`token_loss`; zeros.
        """
        targets = torch.zeros(0, dtype=torch.long, device=like.device)
        return self.token_loss(like.new_zeros(0, 1), targets)
