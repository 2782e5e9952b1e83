"""Phrases of the ground-truth boxes of a batch.

Shapes: B images, G boxes at most per image, K phrases, T tokens.
"""

from collections.abc import Sequence

import numpy as np
import torch
from mmdet.structures import DetDataSample
from torch import BoolTensor, Tensor
from torch.nn.utils.rnn import pad_sequence

from ..structures.training_view import NO_LABEL, BoxPhrases
from .prompt import Prompt
from .sample_text import image_name

SHOWN_PHRASES = 8


def box_phrases_of(
    samples: Sequence[DetDataSample], spans: Sequence[BoolTensor]
) -> BoxPhrases:
    """Look up the phrase of each ground-truth box without synchronising the device.

    Args:
        samples: B samples with ``gt_instances`` that passed :func:`check_boxes`.
        spans: Per image (K, T) bool, the words of each phrase.

    Returns:
        The phrases.
    """
    labels = pad_sequence(
        [sample.gt_instances.labels for sample in samples],
        batch_first=True,
        padding_value=NO_LABEL,
    )
    table = pad_sequence(list(spans), batch_first=True)  # (B, K, T)
    image = torch.arange(len(labels), device=labels.device)[:, None]
    words = table[image, labels.clamp(min=0)] & (labels != NO_LABEL)[..., None]
    return BoxPhrases(labels, words)


def check_boxes(sample: DetDataSample, prompt: Prompt) -> None:
    """Refuse ground truth that nothing can be learnt from.

    The data loader's workers call it. Boxes on a device are not checked, because
    reading them would synchronise it.

    Args:
        sample: A sample with G ground-truth boxes and labels.
        prompt: Its prompt of K phrases.

    Raises:
        ValueError: If a label has no phrase or no words, or a box is not finite or
            has no area (names the image and the box).
    """
    truth = sample.gt_instances
    if truth.labels.device.type != 'cpu' or len(truth.labels) == 0:
        return
    labels = truth.labels.numpy()
    boxes = truth.bboxes
    boxes = (boxes if isinstance(boxes, Tensor) else boxes.tensor).numpy()
    known = (labels >= 0) & (labels < len(prompt.phrases))
    if not known.all():
        box = int(np.flatnonzero(~known)[0])
        raise ValueError(
            f'{image_name(sample)}: box {box} has label {labels[box]}, but its '
            f'text has {len(prompt.phrases)} phrases: {_shown(prompt.phrases)}'
        )
    usable = np.isfinite(boxes).all(1) & (boxes[:, 2:] > boxes[:, :2]).all(1)
    if not usable.all():
        box = int(np.flatnonzero(~usable)[0])
        raise ValueError(
            f'{image_name(sample)}: box {box} is {boxes[box].tolist()}, but x1 < x2 '
            'and y1 < y2 in finite pixels are needed'
        )
    named = np.array([bool(spans) for spans in prompt.tokens_positive])[labels]
    if not named.all():
        box = int(np.flatnonzero(~named)[0])
        raise ValueError(
            f'{image_name(sample)}: box {box} has label {labels[box]}, for '
            'which tokens_positive gives no words'
        )


def _shown(phrases: Sequence[str]) -> str:
    more = len(phrases) - SHOWN_PHRASES
    shown = ', '.join(repr(phrase) for phrase in phrases[:SHOWN_PHRASES])
    return shown if more <= 0 else f'{shown}, and {more} more'
