"""What the pre-training losses see of a batch: regions, and words by their kind.

Shapes: B pictures, T tokens, G boxes and K phrases of a picture.
"""

from collections.abc import Sequence

import torch
from mmdet.structures import DetDataSample
from torch import BoolTensor, LongTensor, Tensor

from .contrastive_loss import (
    NO_CATEGORY_REGION,
    NO_CATEGORY_WORD,
    PictureRegions,
    category_number,
)
from .grounding_head import NO_BOX, Assignment, join_levels
from .prompts import Prompt
from .sample_prompts import is_class_list


def regions_of(
    pyramid: Sequence[Tensor],
    assignment: Assignment,
    samples: Sequence[DetDataSample],
    prompts: Sequence[Prompt],
    positive_maps: Sequence[BoolTensor],
) -> list[PictureRegions]:
    """Collect the regions that boxes were assigned to.

    Args:
        pyramid: O0, levels (B, C, H_i, W_i).
        assignment: Of anchors to boxes.
        samples: B data samples.
        prompts: Their prompts.
        positive_maps: Per picture (G, T), the words of each box's phrase.

    Returns:
        Regions of each picture.
    """
    locations = join_levels(pyramid)  # (B, N, C)
    found = []
    for image, (sample, prompt) in enumerate(zip(samples, prompts)):
        rows = assignment.owner[image] < NO_BOX
        boxes = assignment.owner[image, rows]
        labels = sample.gt_instances.labels[boxes]
        categories = torch.full_like(labels, NO_CATEGORY_REGION)
        if is_class_list(sample, prompt):
            categories = _numbers(prompt, labels.device)[labels]
        found.append(
            PictureRegions(
                locations[image, rows], positive_maps[image][boxes], categories
            )
        )
    return found


def word_categories_of(
    samples: Sequence[DetDataSample],
    prompts: Sequence[Prompt],
    spans: Sequence[BoolTensor],
) -> LongTensor:
    """Say which category each word names.

    Args:
        samples: B data samples.
        prompts: Their prompts.
        spans: Per picture (K, T), the words of each phrase.

    Returns:
        (B, T) int64; ``NO_CATEGORY_WORD`` in sentences and between names.
    """
    rows = []
    for sample, prompt, matrix in zip(samples, prompts, spans):
        row = torch.full(
            matrix.shape[1:], NO_CATEGORY_WORD, dtype=torch.long, device=matrix.device
        )
        if is_class_list(sample, prompt):
            numbers = _numbers(prompt, matrix.device)
            named = matrix.any(0)
            row[named] = numbers[matrix[:, named].int().argmax(0)]
        rows.append(row)
    return torch.stack(rows)


def words_by_kind(
    samples: Sequence[DetDataSample],
    prompts: Sequence[Prompt],
    positive_maps: Sequence[BoolTensor],
    mask: BoolTensor,
) -> tuple[BoolTensor, BoolTensor]:
    """Tell the words that masked language modelling may hide.

    Args:
        samples: B data samples.
        prompts: Their prompts.
        positive_maps: Per picture (G, T), the words of each box's phrase.
        mask: (B, T), true for real tokens.

    Returns:
        Words of names that have a box, in class lists (B, T); words of sentences
        (B, T).
    """
    names, captions = torch.zeros_like(mask), torch.zeros_like(mask)
    for row, (sample, prompt) in enumerate(zip(samples, prompts)):
        if is_class_list(sample, prompt):
            names[row] = positive_maps[row].any(0)
        else:
            captions[row] = mask[row]
    return names, captions


def _numbers(prompt: Prompt, device: torch.device) -> LongTensor:
    numbers = [category_number(phrase) for phrase in prompt.phrases]
    return torch.tensor(numbers, device=device)
