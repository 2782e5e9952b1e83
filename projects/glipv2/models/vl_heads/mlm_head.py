"""MLMHead: masked tokens, from the fused words P."""

import torch
from mmdet.registry import MODELS
from torch import BoolTensor, LongTensor, Tensor
from transformers import PreTrainedTokenizerBase

from ...structures.training_view import NOT_SCORED, MaskedWords
from ...structures.word_features import WordFeatures
from ..losses.token_masking import mask_words
from .vocabulary_head import VocabularyHead


@MODELS.register_module()
class MLMHead(VocabularyHead):
    """Masked language modelling on the fused words (GLIPv2 section 3.2, L_mlm).

    Args:
        text_dim: Channels of a word.
        vocab_size: Tokens of the tokenizer.
        probability: Of a token to be masked (0.15 in BERT and GLIP's code).
        mask_names: Whether the names in a class list that have a box are masked.
        mask_captions: Whether the words of sentences are masked.
        mask_token_id: Id of [MASK], for a tokenizer that has none (49404 for CLIP, as
            in GLIP's code).
        **kwargs: As in :class:`VocabularyHead`.
    """

    task = 'mlm'

    def __init__(
        self,
        text_dim: int = 768,
        vocab_size: int = 30522,
        probability: float = 0.15,
        mask_names: bool = True,
        mask_captions: bool = True,
        mask_token_id: int | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(text_dim, vocab_size, **kwargs)
        self.probability = probability
        self.mask_names = mask_names
        self.mask_captions = mask_captions
        self.mask_token_id = mask_token_id

    def mask_tokens(
        self,
        ids: LongTensor,
        names: BoolTensor,
        captions: BoolTensor,
        tokenizer: PreTrainedTokenizerBase,
    ) -> MaskedWords:
        """Mask tokens of a batch of texts.

        Args:
            ids: (B, T) int64 token ids.
            names: (B, T), true in the names in class lists that have a box.
            captions: (B, T), true in sentences.
            tokenizer: The text encoder's tokenizer.

        Returns:
            The masked ids and the labels.
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
        """Compute the loss of the masked tokens.

        Args:
            words: P of B texts.
            labels: (B, T) int64, ``NOT_SCORED`` where nothing was masked.

        Returns:
            ``loss_mlm`` and ``mlm_accuracy``, as :meth:`token_loss`.
        """
        masked = (labels != NOT_SCORED).nonzero(as_tuple=True)  # found once for both
        return self.token_loss(self(words.features[masked]), labels[masked])
