"""What the pre-training losses see of a batch: regions, and words by their kind.

Shapes: B images, T tokens, G boxes and K phrases of the image that has most.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import BoolTensor, LongTensor, Tensor
from torch.nn.utils.rnn import pad_sequence

from .assignment import Assignment
from .box_phrases import BoxPhrases
from .contrastive_loss import (
    NO_CATEGORY_REGION,
    NO_CATEGORY_WORD,
    Regions,
    category_number,
)
from .grounding_head import join_levels
from .prompts import Prompt
from .transfer import send


@dataclass(frozen=True)
class TextKinds:
    """Class lists told from sentences, and the categories of their names.

    Args:
        is_class_list: (B,) bool.
        categories: (B, K) int64, :func:`category_number` of each phrase, or
            ``NO_CATEGORY_REGION`` in sentences.
    """

    is_class_list: BoolTensor
    categories: LongTensor


def text_kinds_of(prompts: Sequence[Prompt], device: torch.device) -> TextKinds:
    """Tell class lists from sentences.

    Args:
        prompts: Of B images.
        device: Where to.

    Returns:
        Their kinds.
    """
    numbers = [
        [
            category_number(phrase) if prompt.is_class_list else NO_CATEGORY_REGION
            for phrase in prompt.phrases
        ]
        for prompt in prompts
    ]
    categories = pad_sequence(
        [torch.tensor(row, dtype=torch.long) for row in numbers],
        batch_first=True,
        padding_value=NO_CATEGORY_REGION,
    )
    is_class_list = torch.tensor([prompt.is_class_list for prompt in prompts])
    return TextKinds(*send([is_class_list, categories], device))


def regions_of(
    pyramid: Sequence[Tensor],
    assignment: Assignment,
    boxes: BoxPhrases,
    kinds: TextKinds,
) -> Regions:
    """Collect the regions that boxes were assigned to.

    Args:
        pyramid: O0, levels (B, C, H_i, W_i).
        assignment: Of anchors to boxes.
        boxes: Phrases of the images' boxes.
        kinds: Of the images' texts.

    Returns:
        Regions of all images.
    """
    image, location, box = assignment.positives
    labels = boxes.labels[image, box]
    return Regions(
        join_levels(pyramid)[image, location],
        boxes.words[image, box],
        kinds.categories[image, labels],
        image,
    )


def word_categories_of(kinds: TextKinds, spans: Sequence[BoolTensor]) -> LongTensor:
    """Say which category each word names.

    Args:
        kinds: Of B texts.
        spans: Per text (K, T), the words of each phrase.

    Returns:
        (B, T) int64; ``NO_CATEGORY_WORD`` in sentences and between names.
    """
    table = pad_sequence(list(spans), batch_first=True)  # (B, K, T)
    # A row below all phrases for the words of none.
    nobody = kinds.is_class_list.logical_not()[:, None, None] | ~table.any(1)[:, None]
    owner = torch.cat((nobody, table), 1).byte().argmax(1)  # (B, T)
    none = torch.full_like(kinds.categories[:, :1], NO_CATEGORY_WORD)
    return torch.cat((none, kinds.categories), 1).gather(1, owner)


def words_by_kind(
    boxes: BoxPhrases, kinds: TextKinds, mask: BoolTensor
) -> tuple[BoolTensor, BoolTensor]:
    """Tell the words that masked language modelling may hide.

    Args:
        boxes: Phrases of the images' boxes.
        kinds: Of the images' texts.
        mask: (B, T), true for real tokens.

    Returns:
        Words of names that have a box, in class lists (B, T); words of sentences
        (B, T).
    """
    is_class_list = kinds.is_class_list[:, None]
    return boxes.words.any(1) & is_class_list, mask & ~is_class_list
