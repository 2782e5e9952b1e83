"""Heads on the fused words P."""

import torch
import torch.nn.functional as F
from mmdet.registry import MODELS
from mmdet.utils import reduce_mean
from mmengine.model import BaseModule
from torch import BoolTensor, LongTensor, Tensor, nn
from transformers import PreTrainedTokenizerBase

from .masked_words import NOT_SCORED, MaskedWords, mask_words
from .word_features import WordFeatures

EMBEDDINGS = ('tie', 'copy', 'none')


@MODELS.register_module()
class MLMHead(BaseModule):
    """Masked language modelling on the fused words (GLIPv2 section 3.2, L_mlm).

    Args:
        text_dim: Channels of a word.
        vocab_size: Words of the tokenizer.
        probability: Of a word to be hidden (0.15 in BERT and GLIP's code).
        mask_names: Whether names of a class list that have a box are hidden.
        mask_captions: Whether words of sentences are hidden.
        embeddings: What the output layer has to do with the text encoder's word
            embeddings: ``'tie'``: it is them, as in BERT (no parameters of its own but
            a bias; with a frozen encoder, no gradient either); ``'copy'``: it starts
            as they are; ``'none'``: it starts at random.
        mask_token_id: Of [MASK], for a tokenizer that has none (49404 for CLIP, as in
            GLIP's code).
        loss_weight: Factor (1 in GLIP's code).
        init_cfg: As in every mmengine module.

    Raises:
        ValueError: If ``embeddings`` is another word.
    """

    def __init__(
        self,
        text_dim: int = 768,
        vocab_size: int = 30522,
        probability: float = 0.15,
        mask_names: bool = True,
        mask_captions: bool = True,
        embeddings: str = 'tie',
        mask_token_id: int | None = None,
        loss_weight: float = 1.0,
        init_cfg: dict | None = None,
    ) -> None:
        if embeddings not in EMBEDDINGS:
            raise ValueError(
                f'embeddings must be one of {EMBEDDINGS}, not {embeddings!r}'
            )
        super().__init__(init_cfg=init_cfg)
        self.text_dim = text_dim
        self.probability = probability
        self.mask_names = mask_names
        self.mask_captions = mask_captions
        self.embeddings = embeddings
        self.mask_token_id = mask_token_id
        self.loss_weight = loss_weight
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
                f'{tuple(embeddings.weight.shape)}, but mlm_head needs '
                f'{needed}: set its vocab_size and text_dim, '
                "or embeddings='none'"
            )

    def hide(
        self,
        ids: LongTensor,
        names: BoolTensor,
        captions: BoolTensor,
        tokenizer: PreTrainedTokenizerBase,
    ) -> MaskedWords:
        """Hide words of a batch of texts.

        Args:
            ids: (B, T) int64 token ids.
            names: (B, T), words of names that have a box, in class lists.
            captions: (B, T), words of sentences.
            tokenizer: The text encoder's.

        Returns:
            What the text encoder reads instead, and what to predict.
        """
        allowed = torch.zeros_like(names)
        if self.mask_names:
            allowed |= names
        if self.mask_captions:
            allowed |= captions
        return mask_words(
            ids, allowed, tokenizer, self.probability,
            mask_token_id=self.mask_token_id,
        )  # fmt: skip

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

    def loss(self, words: WordFeatures, labels: LongTensor) -> dict[str, Tensor]:
        """Compute the cross-entropy of the hidden words.

        Args:
            words: P of B texts.
            labels: (B, T) int64, ``NOT_SCORED`` where nothing was hidden.

        Returns:
            ``loss_mlm``, the mean over processes of which is the mean over all
            hidden words, and ``mlm_accuracy`` in [0, 1].
        """
        hidden = labels != NOT_SCORED
        logits = self(words.features[hidden])  # (n, vocab_size)
        targets = labels[hidden]
        count = reduce_mean(logits.new_tensor(float(len(targets))))
        # Without a hidden word the sum over nothing keeps the graph.
        total = F.cross_entropy(logits.float(), targets, reduction='sum')
        right = (logits.detach().argmax(-1) == targets).sum() / max(len(targets), 1)
        return dict(
            loss_mlm=self.loss_weight * total / count.clamp(min=1e-6),
            mlm_accuracy=right.float(),
        )
