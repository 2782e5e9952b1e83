"""Words read an image where the grounding head finds them, and point at answers.

Shapes: B questions about an image each, N locations over all levels, K regions, T
tokens, C channels of O, D of a word.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import BoolTensor, Tensor, nn

from ...structures.word_features import WordFeatures
from ..device.precision import exact_type
from ..layers.levels import join_levels, join_masks
from ..layers.text_layer import TextLayer
from .answer_pointer import AnswerPointer
from .answer_words import AnswerBank, AnswerWords
from .evidence import Align, FusedQuestions, ImageEvidence
from .named_regions import find_regions
from .word_relations import WordRelations

PLACE = 2  # x and y of a location
# Places from -4 to 4: as large as normed features, so that they are learnt soon.
PLACE_SCALE = 4.0
# Factor of the logits that say where a word is: few locations share its weight.
SHARPNESS = 3.0
# How well the best location fits a word, how many do, and how many hold anything.
SURENESS = 3
FITTING = 64  # channels between a word's sureness and the answers (our choice)
# Sines and cosines that say which word of the question a word is (our choice); the
# longest wave is 100 times the shortest.
WAVES, LONGEST = 16, 100.0


@dataclass(frozen=True)
class Reading:
    """Questions after their words have read.

    Args:
        words: Of B questions.
        pointed: (B, A), added to the answers' logits.
        sureness: (B, 3), how well the word that [CLS] asks about fits the image.
    """

    words: WordFeatures
    pointed: Tensor
    sureness: Tensor


class ReadingLayer(nn.Module):
    """Words get what was found for them, then read each other.

    Args:
        in_channels: C.
        text_dim: D.
        num_heads: Heads of all attentions.
        dropout: Of the text layer.
    """

    def __init__(
        self, in_channels: int, text_dim: int, num_heads: int, dropout: float
    ) -> None:
        super().__init__()
        self.found = nn.Linear(in_channels + PLACE + SURENESS, text_dim)
        self.norm = nn.LayerNorm(text_dim)
        self.relations = WordRelations(text_dim, num_heads)
        self.text_layer = TextLayer(text_dim, num_heads, 4 * text_dim, dropout)
        for module in self.text_layer.modules():
            if isinstance(module, nn.Linear):  # BERT's small weights learn late
                nn.init.xavier_uniform_(module.weight)

    def forward(self, text: Tensor, mask: BoolTensor, found: Tensor) -> Tensor:
        """Read.

        Args:
            text: (B, T, D).
            mask: (B, T), true for real tokens.
            found: (B, T, C + 5), what the grounding head finds for each word.

        Returns:
            (B, T, D).
        """
        text = text + self.found(found)
        places = found[..., -PLACE - SURENESS : -SURENESS]
        text = text + self.relations(self.norm(text), mask, places)
        return self.text_layer(text, mask)


@MODELS.register_module()
class GroundedReader(BaseModule):
    """Lets the words of a question read O, and point at the answer (our choice).

    In a block of the fusion words read what the block before it made of the image, so
    in a shallow neck [CLS] has seen little. Here each word gets what the grounding head
    finds for it: O and the place, averaged by the word's alignment over the image,
    how well the best location fits and how many fit, and, seen from there, the places
    of the other words' things. How well the word that [CLS] asks about fits goes on to
    the answers as it is ("is there", "how many"). The list of answers is looked for in
    the image as well; the locations that answers fit best are regions that [CLS]
    points at, for what no word of the question names ("what is on the far left?").

    Args:
        in_channels: C.
        text_dim: D.
        num_layers: Rounds of reading.
        num_heads: Heads of the attentions.
        num_regions: K.
        num_pointers: Of ``AnswerPointer``.
        dropout: Of the text layers.
        init_cfg: As in every mmengine module.
    """

    def __init__(
        self,
        in_channels: int = 256,
        text_dim: int = 768,
        num_layers: int = 1,
        num_heads: int = 12,
        num_regions: int = 64,
        num_pointers: int = 8,
        dropout: float = 0.1,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.text_dim = text_dim
        self.num_regions = num_regions
        self.norm = nn.LayerNorm(in_channels)
        self.position = nn.Linear(2 * WAVES, text_dim)
        self.layers = nn.ModuleList(
            ReadingLayer(in_channels, text_dim, num_heads, dropout)
            for _ in range(num_layers)
        )
        self.pointer = AnswerPointer(text_dim, num_pointers)
        self.asking = nn.Linear(text_dim, text_dim)
        self.asked = nn.Linear(text_dim, text_dim)
        self.bank = AnswerBank(())

    def attach(self, head: nn.Module, answers: Sequence[str]) -> None:
        """Become the reader of a head, which gets the layers that know its answers.

        Args:
            head: The VQA head.
            answers: Its answers.
        """
        self.bank = AnswerBank(answers)
        # From a word's sureness straight to the answers.
        head.fitting = nn.Linear(SURENESS, FITTING)
        head.of_fitting = nn.Linear(FITTING, len(answers), bias=False)
        self._head = [head]  # in a list: it holds this module, not the other way round

    def train(self, mode: bool = True) -> 'GroundedReader':
        """Set the training mode; a change of it drops the words of the answers.

        Weights may change then in ways that leave no trace, as by mmengine's EMAHook.

        Args:
            mode: Whether to train.

        Returns:
            This module.
        """
        if mode != self.training:
            self.bank.clear()
        return super().train(mode)

    def read(
        self,
        words: WordFeatures,
        pyramid: Sequence[Tensor],
        inside: Sequence[BoolTensor] | None,
        matching: Align,
        answers: AnswerWords,
    ) -> tuple[WordFeatures, tuple[Tensor, ...]]:
        """Let questions read their images.

        Args:
            words: P of B questions.
            pyramid: O of their images, levels (B, C, H_i, W_i).
            inside: Per level (B, H_i, W_i), true inside the image; None: all is.
            matching: The grounding head's alignment of regions with words.
            answers: Of :attr:`bank`.

        Returns:
            The words that have read, and logits (B, answers) to add.
        """
        evidence = ImageEvidence(pyramid, inside, matching, answers)
        reading = self(FusedQuestions(words, evidence))
        (head,) = self._head
        fits = head.of_fitting(F.gelu(head.fitting(reading.sureness)))
        return reading.words, (reading.pointed, fits)

    def forward(self, question: FusedQuestions) -> Reading:
        """Read.

        Args:
            question: B questions after the fusion, with evidence.

        Returns:
            The words that have read, and what they point at.
        """
        evidence, words = question.evidence, question.words
        locations = join_levels(evidence.pyramid)
        places = PLACE_SCALE * join_levels(
            relative_places(evidence.pyramid, evidence.inside)
        ).to(locations)
        visible = join_masks(evidence.inside)
        regions = find_regions(
            evidence.align, locations, evidence.answers, self.num_regions, visible
        )
        with torch.no_grad():  # questions do not teach it
            alignment = evidence.align(locations, words)
        seen = torch.cat((self.norm(locations), places), 2)  # (B, N, C + 2)
        found = _found(alignment, seen, visible, regions.count)
        text = words.features + self.position(_waves(words.features))
        for layer in self.layers:
            text = layer(text, words.mask, found)
        pointed = self.pointer(text[:, 0], regions.gather(places), regions)
        read = words.with_features(text)
        return Reading(read, pointed, self._sureness(read, found[..., -SURENESS:]))

    def _sureness(self, words: WordFeatures, sureness: Tensor) -> Tensor:
        """Choose (B, 3) of the words' (B, T, 3)."""
        text = words.features
        scores = self.asked(text) @ self.asking(text[:, 0])[..., None]  # (B, T, 1)
        scores = scores / text.shape[-1] ** 0.5
        scores = scores.masked_fill(~words.mask[..., None], -torch.inf)
        return (scores.softmax(1) * sureness).sum(1)


def _found(
    alignment: Tensor, seen: Tensor, visible: BoolTensor | None, count: Tensor
) -> Tensor:
    """Say what the grounding head finds for each word.

    Args:
        alignment: (B, N, T) logits, at least float32.
        seen: (B, N, C + 2).
        visible: (B, N), true inside the images; None: all are.
        count: (B,), locations that hold anything.

    Returns:
        (B, T, C + 5).
    """
    if visible is not None:
        alignment = alignment.masked_fill(~visible[:, :, None], -torch.inf)
    where = (SHARPNESS * alignment).softmax(1).to(seen).transpose(1, 2)  # (B, T, N)
    best = alignment.amax(1)  # (B, T)
    fitting = alignment.sigmoid().sum(1).log1p()
    anything = count.log1p()[:, None].expand_as(best)
    sureness = torch.stack((best, fitting, anything), 2).to(seen)
    return torch.cat((where @ seen, sureness), 2)


def _waves(text: Tensor) -> Tensor:
    """Say which word of the question each is, (T, 2 * WAVES) for (B, T, D)."""
    made = dict(dtype=exact_type(text), device=text.device)
    number = torch.arange(text.shape[1], **made)[:, None]
    scale = LONGEST ** (-torch.arange(WAVES, **made) / WAVES)
    return torch.cat(((number * scale).sin(), (number * scale).cos()), 1).to(text)


def relative_places(
    pyramid: Sequence[Tensor], inside: Sequence[BoolTensor] | None
) -> list[Tensor]:
    """Say where in its image each location is.

    Args:
        pyramid: Levels (B, C, H_i, W_i).
        inside: Per level (B, H_i, W_i), true inside the image; None: all is.

    Returns:
        Per level (B, 2, H_i, W_i), x and y from -1 to 1; beyond 1 outside; at least
        float32.
    """
    places = []
    for number, level in enumerate(pyramid):
        count, _, height, width = level.shape
        made = dict(dtype=exact_type(level), device=level.device)
        heights, widths = (
            torch.full((count,), size, **made) for size in (height, width)
        )
        if inside is not None:
            heights = inside[number].any(2).sum(1).to(heights)
            widths = inside[number].any(1).sum(1).to(widths)
        x, y = (
            (torch.arange(size, **made) + 0.5) * 2 / extent[:, None] - 1
            for size, extent in ((width, widths), (height, heights))
        )  # (B, W), (B, H)
        places.append(
            torch.stack(
                (
                    x[:, None].expand(-1, height, -1),
                    y[:, :, None].expand(-1, -1, width),
                ),
                1,
            )
        )
    return places
