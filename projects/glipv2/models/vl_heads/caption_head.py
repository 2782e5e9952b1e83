"""CaptionHead: next words of a caption from the fused words."""

from mmdet.registry import MODELS
from torch import BoolTensor, LongTensor, Tensor

from .vocabulary_head import VocabularyHead, no_scored_words, word_loss


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
