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


@MODELS.register_module()
class MLMHead(BaseModule):
    """Masked language modelling on the fused words (GLIPv2 section 3.2, L_mlm).

    Args:
        text_dim: Channels of a word.
        vocab_size: Words of the tokenizer.
        probability: Of a word to be hidden (0.15 in BERT and GLIP's code).
        mask_names: Whether names of a class list that have a box are hidden.
        mask_captions: Whether words of sentences are hidden.
        from_embeddings: Whether the output layer starts as the text encoder's word
            embeddings; it is a layer of its own after that.
        loss_weight: Factor (1 in GLIP's code).
        init_cfg: As in every mmengine module.
    """

    def __init__(
        self,
        text_dim: int = 768,
        vocab_size: int = 30522,
        probability: float = 0.15,
        mask_names: bool = True,
        mask_captions: bool = True,
        from_embeddings: bool = True,
        loss_weight: float = 1.0,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.text_dim = text_dim
        self.probability = probability
        self.mask_names = mask_names
        self.mask_captions = mask_captions
        self.from_embeddings = from_embeddings
        self.loss_weight = loss_weight
        self.dense = nn.Linear(text_dim, text_dim)
        self.norm = nn.LayerNorm(text_dim, eps=1e-12)
        self.output = nn.Linear(text_dim, vocab_size)
        for layer in (self.dense, self.output):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def start_from(self, embeddings: Tensor) -> None:
        """Copy word embeddings into the output layer, if ``from_embeddings``.

        Args:
            embeddings: (vocab_size, text_dim).

        Raises:
            ValueError: If the sizes differ.
        """
        if not self.from_embeddings:
            return
        if embeddings.shape != self.output.weight.shape:
            raise ValueError(
                f'the text encoder has word embeddings {tuple(embeddings.shape)}, but '
                f'mlm_head needs {tuple(self.output.weight.shape)}: set its vocab_size '
                'and text_dim, or from_embeddings=False'
            )
        with torch.no_grad():
            self.output.weight.copy_(embeddings)

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
        return mask_words(ids, allowed, tokenizer, self.probability)

    def forward(self, features: Tensor) -> Tensor:
        """Score the vocabulary.

        Args:
            features: (..., text_dim) of P.

        Returns:
            Logits (..., vocab_size).
        """
        return self.output(self.norm(F.gelu(self.dense(features))))

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
