"""Heads on the fused words P."""

import torch
import torch.nn.functional as F
from mmdet.registry import MODELS
from mmdet.utils import reduce_mean
from mmengine.model import BaseModule
from torch import BoolTensor, LongTensor, Tensor, nn
from transformers import PreTrainedTokenizerBase

from .masked_words import NOT_SCORED, MaskedWords, mask_words
from .precision import at_least_float32, count_of
from .word_features import WordFeatures

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


@MODELS.register_module()
class CaptionHead(VocabularyHead):
    """Next words of a caption, from fused words that were read from left to right.

    Beside an ``mlm_head`` it is that head: the same weights score hidden and next
    words.

    Args:
        text_dim: Channels of a word.
        vocab_size: Words of the tokenizer.
        embeddings: As of ``VocabularyHead``.
        loss_weight: Factor (our choice: 1).
        init_cfg: As in every mmengine module.

    Raises:
        ValueError: If ``embeddings`` is another word.
    """

    def __init__(
        self,
        text_dim: int = 768,
        vocab_size: int = 30522,
        embeddings: str = 'tie',
        loss_weight: float = 1.0,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(text_dim, vocab_size, embeddings, init_cfg)
        self.loss_weight = loss_weight
        self._same: list[VocabularyHead] = []

    def use(self, head: VocabularyHead) -> None:
        """Become another head; this one's own weights go.

        Args:
            head: That of masked words.

        Raises:
            ValueError: If their sizes differ.
        """
        sizes = [(len(x.output_bias), x.text_dim) for x in (self, head)]
        if sizes[0] != sizes[1]:
            raise ValueError(
                f'caption_head has (vocab_size, text_dim) {sizes[0]}, but mlm_head, '
                f'whose weights it shares, has {sizes[1]}; give both the same'
            )
        self._same = [head]
        self.embeddings = 'none'
        for name in [name for name, _ in self.named_parameters(recurse=False)]:
            delattr(self, name)
        del self.dense, self.norm

    def forward(self, features: Tensor) -> Tensor:
        """Score the vocabulary.

        Args:
            features: (..., text_dim) of P.

        Returns:
            Logits (..., vocab_size).
        """
        if self._same:
            return self._same[0](features)
        return super().forward(features)

    def loss(
        self, features: Tensor, ids: LongTensor, mask: BoolTensor
    ) -> dict[str, Tensor]:
        """Compute the cross-entropy of each word after the first.

        Args:
            features: (B, T, text_dim) of P.
            ids: (B, T) int64 token ids.
            mask: (B, T), true for real tokens.

        Returns:
            ``loss_caption``, the mean over processes of which is the mean over all
            words, and ``caption_accuracy`` in [0, 1].
        """
        scored = mask[:, 1:].nonzero(as_tuple=True)  # found once for all
        return self._named(self(features[:, :-1][scored]), ids[:, 1:][scored])

    def no_loss(self, like: Tensor) -> dict[str, Tensor]:
        """Take part in the collectives of :meth:`loss` without a caption.

        Args:
            like: Of the features' device and type.

        Returns:
            As :meth:`loss`; zeros.
        """
        return self._named(*no_scored_words(like))

    def _named(self, logits: Tensor, targets: LongTensor) -> dict[str, Tensor]:
        loss, accuracy = word_loss(logits, targets)
        return dict(loss_caption=self.loss_weight * loss, caption_accuracy=accuracy)


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
