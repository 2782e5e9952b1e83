"""Inputs of the pre-training losses: regions, and words by kind of text.

Shapes: B images, T tokens, G boxes and K phrases of the image with most.
"""

import hashlib
from collections.abc import Sequence

import torch
from torch import BoolTensor, LongTensor, Tensor
from torch.nn.utils.rnn import pad_sequence

from ...structures.assignment import Assignment
from ...structures.regions import NO_CATEGORY_REGION, NO_CATEGORY_WORD, Regions
from ...structures.training_view import BoxPhrases, TextKinds
from ...text.name_layout import clean_name
from ...text.prompt import Prompt
from ..device.transfer import send
from ..layers.levels import join_levels


def category_number(name: str) -> int:
    """Hash a category to the same number in every data set and process.

    Args:
        name: A class name; it is cleaned first, so that ``'Traffic_light'`` and
            ``'traffic light'`` are the same.

    Returns:
        A number from 0 to 2**62.
    """
    digest = hashlib.blake2b(clean_name(name).lower().encode(), digest_size=8).digest()
    return int.from_bytes(digest, 'big') >> 2


def text_kinds_of(prompts: Sequence[Prompt], device: torch.device) -> TextKinds:
    """Tell class lists from sentences.

    Args:
        prompts: B prompts.
        device: Of the result.

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
        assignment: Of the batch.
        boxes: Phrases of the images' boxes.
        kinds: Kinds of the images' texts.

    Returns:
        The regions of all images.
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
    """Look up the category of each word.

    Args:
        kinds: Kinds of B texts.
        spans: Per text (K, T), the words of each phrase.

    Returns:
        (B, T) int64; ``NO_CATEGORY_WORD`` in sentences and between names.
    """
    table = pad_sequence(list(spans), batch_first=True)  # (B, K, T)
    # Row 0 is for words of no phrase.
    no_phrase = (
        kinds.is_class_list.logical_not()[:, None, None] | ~table.any(1)[:, None]
    )
    owner = torch.cat((no_phrase, table), 1).byte().argmax(1)  # (B, T)
    none = torch.full_like(kinds.categories[:, :1], NO_CATEGORY_WORD)
    return torch.cat((none, kinds.categories), 1).gather(1, owner)


def words_by_kind(
    boxes: BoxPhrases, kinds: TextKinds, mask: BoolTensor
) -> tuple[BoolTensor, BoolTensor]:
    """Find the words that masked language modelling may mask.

    Args:
        boxes: Phrases of the images' boxes.
        kinds: Kinds of the images' texts.
        mask: (B, T), true for real tokens.

    Returns:
        (B, T), words of names in class lists that have a box; (B, T), words of
        sentences.
    """
    is_class_list = kinds.is_class_list[:, None]
    return boxes.words.any(1) & is_class_list, mask & ~is_class_list
