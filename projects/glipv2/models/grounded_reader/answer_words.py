"""Words of the answers that a VQA head knows, to be looked for in images.

Shapes: A answers, a of them in a chunk, t tokens of a chunk, D channels of a word.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...structures.word_features import WordFeatures
from ...text.prompt import Prompt
from ..language_models.text_cache import weights_state
from ..language_models.text_encoder import TextEncoder
from ..necks.vl_fusion_neck import VLFusionNeck


@dataclass(frozen=True)
class AnswerChunk:
    """P of some answers that have read no image.

    Args:
        words: (1, t, D), tokens of the first answer, then of the second, ...; no
            special tokens.
        share: (t, a) float, each token's share in its answer; columns sum to 1.
    """

    words: WordFeatures
    share: Tensor


@dataclass(frozen=True)
class AnswerWords:
    """P of A answers that have read no image.

    Args:
        chunks: Some answers each, in the order of the list.
    """

    chunks: tuple[AnswerChunk, ...]

    def to(self, dtype: torch.dtype) -> 'AnswerWords':
        """Change the precision.

        Args:
            dtype: Of the features.

        Returns:
            The same words.
        """
        return AnswerWords(
            tuple(
                AnswerChunk(
                    chunk.words.with_features(chunk.words.features.to(dtype)),
                    chunk.share,
                )
                for chunk in self.chunks
            )
        )


class AnswerBank:
    """Keeps the words of a list of answers as long as the weights stay.

    Args:
        answers: The A answers.
        at_once: Answers that the text encoder reads, and that are looked for, at once.
        refresh_every: In training, steps after which words of other weights are read
            again.
    """

    def __init__(
        self, answers: Sequence[str], at_once: int = 256, refresh_every: int = 1
    ) -> None:
        self.at_once, self.refresh_every = at_once, refresh_every
        self._age = 0  # steps since words were read
        self.prompts = [Prompt(answer, (), ()) for answer in answers]
        # State of the weights with what they gave: set at once, for threads.
        self._encoded: tuple[tuple, list[WordFeatures]] = ((), [])
        self._read: tuple[tuple, AnswerWords] = ((), AnswerWords(()))

    def clear(self) -> None:
        """Forget the words."""
        self._encoded, self._read = ((), []), ((), AnswerWords(()))

    @torch.no_grad()
    def words(self, encoder: TextEncoder, neck: VLFusionNeck) -> AnswerWords:
        """Read the answers in evaluation mode, unless these weights have done so.

        A frozen text encoder reads them once, also while the fusion is trained.

        Args:
            encoder: The text encoder.
            neck: The fusion.

        Returns:
            Their words.
        """
        self._age += 1
        if neck.training and self._age < self.refresh_every and self._read[0]:
            return self._read[1]
        with _without_weight_cache():
            return self._words_of(encoder, neck)

    def _words_of(self, encoder: TextEncoder, neck: VLFusionNeck) -> AnswerWords:
        encoder_state = weights_state(encoder.model)
        known, encoded = self._encoded
        if encoder_state != known:
            with evaluating(encoder):
                encoded = self._encode(encoder)
            self._encoded = encoder_state, encoded
        state = encoder_state, weights_state(neck)
        known, words = self._read
        if state != known:
            with evaluating(neck):
                words = AnswerWords(
                    tuple(_without_padding(neck.read(x)) for x in encoded)
                )
            self._read, self._age = (state, words), 0
        return words

    def _encode(self, encoder: TextEncoder) -> list[WordFeatures]:
        """Compute P0, some answers at a time."""
        encoded = []
        for start in range(0, len(self.prompts), self.at_once):
            some = self.prompts[start : start + self.at_once]
            ids, mask, _ = encoder.tokenize(some)
            encoded.append(encoder(ids, mask))
        return encoded


def _without_padding(words: WordFeatures) -> AnswerChunk:
    """Put the words of answers into a row, without special tokens and padding."""
    answer, place = words.mask.nonzero(as_tuple=True)
    inner = (place > 0) & (place < words.mask.sum(1)[answer] - 1)
    answer, place = answer[inner], place[inner]
    share = torch.eye(len(words.mask), device=words.mask.device)[answer]
    row = WordFeatures(
        words.features[answer, place][None],
        words.mask[answer, place][None],
        words.ids[answer, place][None],
    )
    return AnswerChunk(row, share / share.sum(0))


@contextmanager
def _without_weight_cache() -> Iterator[None]:
    """Keep autocast from keeping copies of weights.

    A copy that was made without gradients would be used by the same step's losses, too,
    and their gradients would not reach the weight.
    """
    enabled = torch.is_autocast_cache_enabled()
    torch.set_autocast_cache_enabled(False)
    try:
        yield
    finally:
        torch.set_autocast_cache_enabled(enabled)


@contextmanager
def evaluating(part: nn.Module) -> Iterator[None]:
    """Put every module of a part into evaluation mode, and back after.

    Args:
        part: Its modules may be in different modes.
    """
    modes = {module: module.training for module in part.modules()}
    for module in modes:
        module.training = False
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode
