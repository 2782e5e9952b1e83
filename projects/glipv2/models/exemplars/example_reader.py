"""ExampleReader: the trained part of a detector that is shown what names look like."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise

import torch
from mmengine.model import BaseModule
from torch import BoolTensor, LongTensor, Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from ...structures.examples import ExampleWords, PhraseExamples
from .gated_reading import GatedReading
from .target_reading import TargetReading, pooled_locations

# Of the texts that this thread encodes; None: there are none.
_read: ContextVar[ExampleWords | None] = ContextVar('examples', default=None)


class ExampleReader(BaseModule):
    """Lets words read examples before the last layers of a text encoder (MQ-Det).

    Args:
        channels: C of O0 and of queries.
        text_dim: D of a word.
        num_layers: Text layers with a gated module before them.
        num_heads: Heads of all attentions.
        head_dim: Channels of a head that words have.
        target_head_dim: Channels of a head that examples have.
        target_layers: Blocks in which examples read the image.
        mask_token_id: Stands for each token of a hidden name, for a tokenizer without
            a mask token (49404 for CLIP, as GLIP's masked words).
        init_cfg: As in every mmengine module.
    """

    def __init__(
        self,
        channels: int,
        text_dim: int,
        num_layers: int = 6,
        num_heads: int = 8,
        head_dim: int = 64,
        target_head_dim: int = 32,
        target_layers: int = 2,
        mask_token_id: int | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.channels = channels
        self.mask_token_id = mask_token_id
        sizes = [channels] * target_layers + [text_dim]
        self.target = nn.ModuleList(
            TargetReading(one, other, num_heads, target_head_dim)
            for one, other in pairwise(sizes)
        )
        self.gated = nn.ModuleList(
            GatedReading(text_dim, num_heads, head_dim) for _ in range(num_layers)
        )

    def attach(self, layers: Sequence[nn.Module]) -> None:
        """Come before the last layers of a text model, while texts are :meth:`shown`.

        Args:
            layers: All of them; each takes its words (B, T, D) first.

        Raises:
            ValueError: If there are fewer layers than modules.
        """
        if len(layers) < len(self.gated):
            raise ValueError(
                f'examples.num_layers is {len(self.gated)}, but the text encoder has '
                f'only {len(layers)} layers'
            )
        for layer, number in zip(layers[-len(self.gated) :], range(len(self.gated))):
            layer.register_forward_pre_hook(_Before(self, number))

    @contextmanager
    def shown(self, examples: ExampleWords) -> Iterator[None]:
        """Let the attached layers read examples, in this thread, inside.

        Args:
            examples: Of the texts that are encoded.
        """
        token = _read.set(examples)
        try:
            yield
        finally:
            _read.reset(token)

    def forward(
        self,
        examples: Sequence[PhraseExamples],
        spans: Sequence[BoolTensor],
        pyramid: Sequence[Tensor],
    ) -> ExampleWords:
        """Read the images, so that words can read the examples.

        Args:
            examples: Of B prompts.
            spans: Per prompt (K, T) bool, the tokens of each phrase.
            pyramid: O0 of the B images, levels (B, C, H_i, W_i).

        Returns:
            The examples of the B texts.

        Raises:
            ValueError: If queries have another number of channels.
        """
        for each in examples:
            if each.queries.shape[1] != self.channels:
                raise ValueError(
                    f'examples have {each.queries.shape[1]} channels, but this model '
                    f'reads {self.channels}: make them with this model'
                )
        like = pyramid[0]
        # A shorter list ends with queries that belong to no token.
        queries = pad_sequence(
            [each.queries.to(like) for each in examples], batch_first=True
        )
        owned = pad_sequence(
            [mask[list(each.phrases)] for each, mask in zip(examples, spans)],
            batch_first=True,
        ).transpose(1, 2)
        locations = pooled_locations(pyramid)
        for layer in self.target:
            queries = layer(queries, locations)
        return ExampleWords(queries, owned)

    def hide(
        self,
        ids: LongTensor,
        examples: Sequence[PhraseExamples],
        spans: Sequence[BoolTensor],
        mask_token_id: int | None,
    ) -> LongTensor:
        """Replace the tokens of hidden names.

        Args:
            ids: (B, T) int64 token ids.
            examples: Of B prompts.
            spans: As in :meth:`forward`.
            mask_token_id: The tokenizer's.

        Returns:
            (B, T) int64.

        Raises:
            ValueError: If a name is hidden and there is no mask token.
        """
        if not any(each.hidden for each in examples):
            return ids
        if self.mask_token_id is not None:
            mask_token_id = self.mask_token_id
        if mask_token_id is None:
            raise ValueError(
                'names cannot be hidden: the tokenizer has no mask token; set '
                'text_encoder.examples.mask_token_id (49404 for CLIP)'
            )
        hidden = torch.stack(
            [mask[list(each.hidden)].any(0) for each, mask in zip(examples, spans)]
        )
        return ids.masked_fill(hidden, mask_token_id)


class _Before:
    """Hook of a text layer; a copy of the model copies it with its module."""

    def __init__(self, reader: ExampleReader, number: int) -> None:
        self.reader = reader
        self.number = number

    def __call__(self, layer: nn.Module, arguments: tuple) -> tuple | None:
        examples = _read.get()
        if examples is None:
            return None
        words, *others = arguments
        return self.reader.gated[self.number](words, examples), *others
