"""Words read an image where the grounding head finds them, and point at answers.

Shapes: B questions about an image each, N locations over all levels, K regions, T
tokens, C channels of O, D of a word, M thresholds of a count.
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
from .answer_words import AnswerBank
from .detections import boxes_of, detect
from .evidence import FusedQuestions, ImageEvidence, Look
from .named_regions import find_regions
from .word_relations import WordRelations

PLACE = 2  # x and y of a box's middle


@dataclass(frozen=True)
class Reading:
    """Questions after their words have read.

    Args:
        words: Of B questions.
        pointed: (B, A), added to the answers' logits.
        sureness: (B, 1 + 2 M), how well the word that [CLS] asks about fits the image.
    """

    words: WordFeatures
    pointed: Tensor
    sureness: Tensor


class ReadingLayer(nn.Module):
    """Words get what was found for them, then read each other.

    Args:
        in_channels: Of what was found.
        text_dim: D.
        num_heads: Heads of all attentions.
        relation_dim: Of ``WordRelations``.
        dropout: Of the text layer.
    """

    def __init__(
        self,
        in_channels: int,
        text_dim: int,
        num_heads: int,
        relation_dim: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.found = nn.Linear(in_channels, text_dim)
        self.norm = nn.LayerNorm(text_dim)
        self.relations = WordRelations(text_dim, num_heads, relation_dim)
        self.text_layer = TextLayer(text_dim, num_heads, 4 * text_dim, dropout)
        for module in self.text_layer.modules():
            if isinstance(module, nn.Linear):  # BERT's small weights learn late
                nn.init.xavier_uniform_(module.weight)

    def forward(
        self, text: Tensor, mask: BoolTensor, found: Tensor, places: Tensor
    ) -> Tensor:
        """Read.

        Args:
            text: (B, T, D).
            mask: (B, T), true for real tokens.
            found: (B, T, C + 3 + 2 M), what the grounding head finds for each word.
            places: (B, T, 2), where.

        Returns:
            (B, T, D).
        """
        text = text + self.found(found)
        text = text + self.relations(self.norm(text), mask, places)
        return self.text_layer(text, mask)


@MODELS.register_module()
class GroundedReader(BaseModule):
    """Lets the words of a question read O, and point at the answer (our choice).

    In a block of the fusion words read what the block before it made of the image, so
    in a shallow neck [CLS] has seen little. Here each word gets what the grounding head
    finds for it: O and the place of the box, averaged by the word's alignment over the
    image, how well the best location fits, how many boxes the head keeps of it, and,
    seen from there, the places of the other words' things. How well the word that
    [CLS] asks about fits goes on to the answers as it is ("is there", "how many"). The
    list of answers is looked for in the image as well; what the head keeps of it are
    regions that [CLS] points at, for what no word of the question names ("what is on
    the far left?").

    All numbers are our choice.

    Args:
        in_channels: C.
        text_dim: D.
        num_layers: Rounds of reading.
        num_heads: Heads of the attentions.
        num_regions: K.
        num_pointers: Of ``AnswerPointer``.
        dropout: Of the text layers.
        locations_per_level: That are looked at for boxes, the best ones.
        count_above: The M scores above which boxes are counted.
        count_edge: Difference of scores over which a box begins to count.
        place_scale: Largest x and y of a place, as large as normed features, so that
            they are learnt soon.
        sharpness: Factor of the logits that say where a word is: few locations share
            its weight.
        fitting_dim: Channels between a word's sureness and the answers.
        relation_dim: Channels of a relation of places.
        num_waves: Sines, and cosines, that say which word of the question a word is.
        longest_wave: The longest over the shortest.
        pointer_strength: Of answers' logits that pointers give at first: from the first
            logit of every answer (-4) to as far above 0.
        answers_at_once: Answers that are read, and looked for, at once: bounds the
            memory.
        refresh_every: Steps of a training after which the answers are read again by
            weights that have changed. Above 1, which long lists need if the text
            encoder is trained, a resumed training may differ in rounding.
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
        locations_per_level: int = 64,
        count_above: Sequence[float] = (0.3, 0.5, 0.7),
        count_edge: float = 0.05,
        place_scale: float = 4.0,
        sharpness: float = 3.0,
        fitting_dim: int = 64,
        relation_dim: int = 32,
        num_waves: int = 16,
        longest_wave: float = 100.0,
        pointer_strength: float = 8.0,
        answers_at_once: int = 256,
        refresh_every: int = 1,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.text_dim = text_dim
        self.num_regions = num_regions
        self.locations_per_level = locations_per_level
        self.count_edge = count_edge
        least = torch.tensor(count_above)
        self.register_buffer('count_above', least, persistent=False)
        self.place_scale, self.sharpness = place_scale, sharpness
        self.fitting_dim = fitting_dim
        self.num_waves, self.longest_wave = num_waves, longest_wave
        self.answers_at_once, self.refresh_every = answers_at_once, refresh_every
        # How well the best location fits, how many boxes do, how many things there are.
        self.num_sure = 1 + 2 * len(self.count_above)
        self.norm = nn.LayerNorm(in_channels)
        self.position = nn.Linear(2 * num_waves, text_dim)
        self.layers = nn.ModuleList(
            ReadingLayer(
                in_channels + PLACE + self.num_sure, text_dim, num_heads, relation_dim,
                dropout,
            )
            for _ in range(num_layers)
        )  # fmt: skip
        self.pointer = AnswerPointer(text_dim, num_pointers, pointer_strength)
        self.asking = nn.Linear(text_dim, text_dim)
        self.asked = nn.Linear(text_dim, text_dim)
        self.bank = AnswerBank(())

    def attach(self, head: nn.Module, answers: Sequence[str]) -> None:
        """Become the reader of a head, which gets the layers that know its answers.

        Args:
            head: The VQA head.
            answers: Its answers.
        """
        self.bank = AnswerBank(answers, self.answers_at_once, self.refresh_every)
        # From a word's sureness straight to the answers.
        head.fitting = nn.Linear(self.num_sure, self.fitting_dim)
        head.of_fitting = nn.Linear(self.fitting_dim, len(answers), bias=False)
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
        self, words: WordFeatures, evidence: ImageEvidence
    ) -> tuple[WordFeatures, tuple[Tensor, ...]]:
        """Let questions read their images.

        Args:
            words: P of B questions.
            evidence: Of their images, with the answers of :attr:`bank`.

        Returns:
            The words that have read, and logits (B, answers) to add.
        """
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
        look = _look(evidence, words)
        places = self._places(look.boxes, evidence.sizes).to(locations)
        regions = find_regions(
            look, locations, evidence.answers, self.num_regions,
            self.locations_per_level,
        )  # fmt: skip
        things = self._count(regions.scores)  # (B, M)
        seen = torch.cat((self.norm(locations), places), 2)  # (B, N, C + 2)
        at_word, sureness = self._found(look, seen, things)
        found = torch.cat((at_word, sureness), 2)
        text = words.features + self._position(words.features)
        for layer in self.layers:
            text = layer(text, words.mask, found, at_word[..., -PLACE:])
        pointed = self.pointer(text[:, 0], regions.gather(places), regions)
        read = words.with_features(text)
        return Reading(read, pointed, self._sureness(read, sureness))

    def _found(self, look: Look, seen: Tensor, things: Tensor) -> tuple[Tensor, Tensor]:
        """Say what the grounding head finds for each word.

        Args:
            look: What the box head makes of the images.
            seen: (B, N, C + 2).
            things: (B, M), how many things there are.

        Returns:
            (B, T, C + 2), and (B, T, 1 + 2 M), how sure that is.
        """
        alignment = look.out.logits
        kept = detect(
            look.head, look.out, alignment.sigmoid(), look.boxes, look.visible,
            self.locations_per_level,
        )  # fmt: skip
        if look.visible is not None:
            alignment = alignment.masked_fill(~look.visible[:, :, None], -torch.inf)
        where = (self.sharpness * alignment).softmax(1).to(seen).transpose(1, 2)
        counts = self._count(kept.scores)  # (B, T, M)
        best = alignment.amax(1)[..., None]
        sureness = torch.cat((best, counts, things[:, None].expand_as(counts)), 2)
        return where @ seen, sureness.to(seen)

    def _count(self, scores: Tensor) -> Tensor:
        """Count boxes (..., M) by their scores (..., D)."""
        above = (scores[..., None] - self.count_above) / self.count_edge
        counted = above.sigmoid() * (scores > 0)[..., None]
        return counted.sum(-2).log1p()

    def _places(self, boxes: Tensor, sizes: Tensor) -> Tensor:
        """Say where in its image the middle of each box (B, N, 4) is, (B, N, 2)."""
        middle = boxes[..., :2] + boxes[..., 2:]
        places = middle / sizes.flip(1)[:, None].to(boxes) - 1  # -1 to 1
        return self.place_scale * places

    def _sureness(self, words: WordFeatures, sureness: Tensor) -> Tensor:
        """Choose (B, 1 + 2 M) of the words' (B, T, 1 + 2 M)."""
        text = words.features
        scores = self.asked(text) @ self.asking(text[:, 0])[..., None]  # (B, T, 1)
        scores = scores / text.shape[-1] ** 0.5
        scores = scores.masked_fill(~words.mask[..., None], -torch.inf)
        return (scores.softmax(1) * sureness).sum(1)

    def _position(self, text: Tensor) -> Tensor:
        """Say which word of the question each is, (T, D) for (B, T, D)."""
        made = dict(dtype=exact_type(text), device=text.device)
        number = torch.arange(text.shape[1], **made)[:, None]
        power = -torch.arange(self.num_waves, **made) / self.num_waves
        angles = number * self.longest_wave**power
        return self.position(torch.cat((angles.sin(), angles.cos()), 1).to(text))


@torch.no_grad()  # questions do not teach it
def _look(evidence: ImageEvidence, words: WordFeatures) -> Look:
    out = evidence.head(evidence.pyramid, words)
    boxes = boxes_of(evidence.head, out, evidence.sizes)
    return Look(evidence.head, out, boxes, join_masks(evidence.inside))
