"""MLMHead: hidden words from the fused words."""

import torch
from mmdet.registry import MODELS
from torch import BoolTensor, LongTensor, Tensor
from transformers import PreTrainedTokenizerBase

from ...structures.training_view import NOT_SCORED, MaskedWords
from ...structures.word_features import WordFeatures
from ..losses.token_masking import mask_words
from .vocabulary_head import VocabularyHead, no_scored_words, word_loss


@MODELS.register_module()
class MLMHead(VocabularyHead):
    """Masked language modelling on the fused words (GLIPv2 section 3.2, L_mlm).

    Args:
        text_dim: Channels of a word.
        vocab_size: Words of the tokenizer.
        probability: Of a word to be hidden (0.15 in BERT and GLIP's code).
        mask_names: Whether names of a class list that have a box are hidden.
        mask_captions: Whether words of sentences are hidden.
        embeddings: As of ``VocabularyHead``.
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
        super().__init__(text_dim, vocab_size, embeddings, init_cfg)
        self.probability = probability
        self.mask_names = mask_names
        self.mask_captions = mask_captions
        self.mask_token_id = mask_token_id
        self.loss_weight = loss_weight

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

    def loss(self, words: WordFeatures, labels: LongTensor) -> dict[str, Tensor]:
        """Compute the cross-entropy of the hidden words.

        Args:
            words: P of B texts.
            labels: (B, T) int64, ``NOT_SCORED`` where nothing was hidden.

        Returns:
            ``loss_mlm``, the mean over processes of which is the mean over all
            hidden words, and ``mlm_accuracy`` in [0, 1].
        """
        hidden = (labels != NOT_SCORED).nonzero(as_tuple=True)  # found once for all
        logits = self(words.features[hidden])  # (n, vocab_size)
        return self._named(logits, labels[hidden])

    def no_loss(self, like: Tensor) -> dict[str, Tensor]:
        """Take part in the collectives of :meth:`loss` without a text.

        Args:
            like: Of the features' device and type.

        Returns:
            As :meth:`loss`; zeros.
        """
        return self._named(*no_scored_words(like))

    def _named(self, logits: Tensor, targets: LongTensor) -> dict[str, Tensor]:
        loss, accuracy = word_loss(logits, targets)
        return dict(loss_mlm=self.loss_weight * loss, mlm_accuracy=accuracy)
