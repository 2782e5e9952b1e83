"""CaptionHead: the next token of a caption, from the fused words P."""

from mmdet.registry import MODELS
from torch import BoolTensor, LongTensor, Tensor

from .vocabulary_head import VocabularyHead


@MODELS.register_module()
class CaptionHead(VocabularyHead):
    """Next-token prediction on words that were fused with causal masks.

    A model that also has an ``mlm_head`` uses that head's weights for both.

    Args:
        *args: As in :class:`VocabularyHead`.
        **kwargs: Likewise.
    """

    task = 'caption'

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._shared: list[VocabularyHead] = []

    def share_with(self, head: VocabularyHead) -> None:
        """Use another head's weights and drop this one's.

        Args:
            head: The head of masked language modelling.

        Raises:
            ValueError: If their sizes differ.
        """
        sizes = [(len(x.output_bias), x.text_dim) for x in (self, head)]
        if sizes[0] != sizes[1]:
            raise ValueError(
                f'caption_head has (vocab_size, text_dim) {sizes[0]}, but mlm_head, '
                f'whose weights it shares, has {sizes[1]}; give both the same'
            )
        self._shared = [head]
        self.embeddings = 'none'
        for name in [name for name, _ in self.named_parameters(recurse=False)]:
            delattr(self, name)
        del self.dense, self.norm

    def forward(self, features: Tensor) -> Tensor:
        """Score the vocabulary; as :meth:`VocabularyHead.forward`."""
        if self._shared:
            return self._shared[0](features)
        return super().forward(features)

    def loss(
        self, features: Tensor, ids: LongTensor, mask: BoolTensor
    ) -> dict[str, Tensor]:
        """Compute the loss of predicting each token from those before it.

        Args:
            features: (B, T, text_dim) of P.
            ids: (B, T) int64 token ids.
            mask: (B, T), true for real tokens.

        Returns:
            ``loss_caption`` and ``caption_accuracy``, as :meth:`token_loss`.
        """
        scored = mask[:, 1:].nonzero(as_tuple=True)  # found once for both
        return self.token_loss(self(features[:, :-1][scored]), ids[:, 1:][scored])
