"""PresenceHead: is what a phrase names in the image?"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmdet.registry import MODELS
from mmdet.structures import SampleList
from mmdet.utils import reduce_mean
from mmengine.model import BaseModule
from torch import BoolTensor, LongTensor, Tensor, nn

from ...structures.word_features import WordFeatures
from ...text.sample_text import PromptPart
from ..device.precision import at_least_float32
from ..layers.word_matching import word_shares

PRIOR = -2.0  # first logit of every phrase: most names of a list are not there


@MODELS.register_module()
class PresenceHead(BaseModule):
    """One logit for each phrase, from the fused words (our choice).

    P has read the whole image, while a box's score knows its place alone; SAM 3's
    presence token (2025) does the same for one phrase. The probability is multiplied
    into the scores of the phrase's boxes.

    Args:
        text_dim: Channels of a word.
        loss_weight: Factor.
        init_cfg: As in every mmengine module.
    """

    def __init__(
        self,
        text_dim: int = 768,
        loss_weight: float = 1.0,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.text_dim = text_dim
        self.loss_weight = loss_weight
        self.norm = nn.LayerNorm(text_dim)
        self.hidden = nn.Linear(text_dim, text_dim)
        self.output = nn.Linear(text_dim, 1)
        nn.init.constant_(self.output.bias, PRIOR)

    def forward(self, words: WordFeatures, spans: Sequence[BoolTensor]) -> list[Tensor]:
        """Say what is there.

        Args:
            words: P of B prompts.
            spans: Per prompt (K, T), the words of each phrase.

        Returns:
            Per prompt (K,) logits, at least float32.
        """
        phrases = [
            word_shares(of_prompt, features) @ features
            for of_prompt, features in zip(spans, words.features)
        ]
        logits = self.output(F.gelu(self.hidden(self.norm(torch.cat(phrases)))))
        counts = [len(of_prompt) for of_prompt in spans]
        return list(at_least_float32(logits)[:, 0].split(counts))

    def loss(
        self,
        words: WordFeatures,
        spans: Sequence[BoolTensor],
        labels: Sequence[LongTensor],
    ) -> dict[str, Tensor]:
        """Compute the binary cross-entropy, the mean over phrases.

        Args:
            words: P of B prompts; B may be 0.
            spans: Per prompt (K, T), the words of each phrase.
            labels: Per image (G,) int64, the phrase of each box.

        Returns:
            ``loss_presence``.
        """
        targets = [
            torch.zeros(len(of_prompt), device=given.device).index_fill(0, given, 1)
            for of_prompt, given in zip(spans, labels)
        ]
        # Phrases without words, as a padded list has them, are not asked.
        asked = [of_prompt.any(1) for of_prompt in spans]
        like = at_least_float32(words.features.new_zeros(0))
        total = count = like.sum()
        if targets:
            logits = torch.cat(self(words, spans))
            weight = torch.cat(asked).to(logits)
            total = F.binary_cross_entropy_with_logits(
                logits, torch.cat(targets).to(logits), weight, reduction='sum'
            )
            count = weight.sum()
        mean = reduce_mean(count.detach()).clamp(min=1)
        return dict(loss_presence=self.loss_weight * total / mean)


def set_presence(
    samples: SampleList,
    parts: Sequence[tuple[int, PromptPart]],
    presence: Sequence[Tensor],
) -> None:
    """Say in predictions how probably each name is in the image.

    Args:
        samples: Get ``pred_presence``, a dict by name in the user's order.
        parts: The prompts, each with the number of its image.
        presence: Per prompt (K,), probabilities of its phrases.
    """
    together = torch.cat(tuple(presence)).cpu()  # one wait for the device
    values = together.split([len(of_prompt) for of_prompt in presence])
    found: list[dict[int, tuple[str, float]]] = [{} for _ in samples]
    for (image, part), of_prompt in zip(parts, values):
        named = zip(part.prompt.phrases, of_prompt.tolist())
        found[image].update(zip(part.labels, named))
    for sample, of_label in zip(samples, found):
        sample.pred_presence = dict(of_label[label] for label in sorted(of_label))
