"""Data samples' text keys turned into prompts, chunks and positive maps."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from mmdet.structures import DetDataSample
from torch import BoolTensor
from transformers import PreTrainedTokenizerFast

from .prompts import Prompt, build_prompt, chunk_names, prompt_from_names


@dataclass(frozen=True)
class PromptPart:
    """One prompt of a picture, and which of the user's phrases it holds.

    Args:
        prompt: The prompt.
        labels: Per phrase of the prompt its index among all of the user's phrases.
    """

    prompt: Prompt
    labels: tuple[int, ...]


def prompt_of(sample: DetDataSample) -> Prompt:
    """Build the one prompt of a data sample.

    Args:
        sample: With ``text`` and, optionally, ``custom_entities``,
            ``tokens_positive`` and ``caption_prompt``.

    Returns:
        The prompt; its phrases are all of the user's names or phrases.

    Raises:
        ValueError: If the text is missing or unusable (names the picture).
    """
    if sample.get('text') is None:
        raise ValueError(
            f'{picture_name(sample)} has no text. Use a data set that gives one '
            '(CocoTextDataset, or return_classes=True) and PackTextDetInputs, or set '
            'data_sample.text to a list of names or a sentence'
        )
    try:
        return build_prompt(
            sample.text,
            bool(sample.get('custom_entities', False)),
            sample.get('tokens_positive'),
            sample.get('caption_prompt'),
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f'{picture_name(sample)}: {error}') from error


def split_into_parts(
    sample: DetDataSample,
    tokenizer: PreTrainedTokenizerFast,
    max_tokens: int,
    chunked_size: int = -1,
) -> list[PromptPart]:
    """Cut a sample's list of names into as many prompts as it needs.

    Args:
        sample: As in :func:`prompt_of`.
        tokenizer: A fast tokenizer.
        max_tokens: Most tokens of a prompt.
        chunked_size: Most names of a prompt; no such limit if not positive.

    Returns:
        The parts; a sentence is always one.

    Raises:
        ValueError: If the text is unusable (names the picture).
    """
    whole = prompt_of(sample)
    names = whole.phrases
    if not is_class_list(sample, whole):
        return [PromptPart(whole, tuple(range(len(names))))]
    caption_prompt = sample.get('caption_prompt')
    chunks = chunk_names(names, tokenizer, max_tokens, chunked_size, caption_prompt)
    return [
        PromptPart(prompt_from_names([names[i] for i in chunk], caption_prompt), chunk)
        for chunk in chunks
    ]


def is_class_list(sample: DetDataSample, prompt: Prompt) -> bool:
    """Tell a list of names from a sentence.

    Args:
        sample: As in :func:`prompt_of`.
        prompt: Its prompt.

    Returns:
        Whether the text is a list of names.
    """
    if not isinstance(sample.text, str):
        return True
    if sample.get('tokens_positive') is not None:
        return False
    names = prompt_from_names(prompt.phrases, sample.get('caption_prompt'))
    return prompt.text == names.text


def positive_map_of(
    sample: DetDataSample, prompt: Prompt, span_matrix: BoolTensor
) -> BoolTensor:
    """Look up the words of each ground-truth box.

    Args:
        sample: With G ground-truth boxes and labels.
        prompt: Its prompt of K phrases.
        span_matrix: (K, T) bool, the words of each phrase.

    Returns:
        (G, T) bool.

    Raises:
        ValueError: If a label has no phrase or a box is not finite or has no area
            (names the picture and the box).
    """
    labels = sample.gt_instances.labels
    boxes = sample.gt_instances.bboxes
    boxes = boxes if isinstance(boxes, torch.Tensor) else boxes.tensor
    known = (labels >= 0) & (labels < len(prompt.phrases))
    # Asked once a batch entry; the details only on failure.
    if not bool(known.all()):
        box = int((~known).nonzero()[0])
        raise ValueError(
            f'{picture_name(sample)}: box {box} has label {int(labels[box])}, but its '
            f'text has {len(prompt.phrases)} phrases: {_shown(prompt.phrases)}'
        )
    usable = boxes.isfinite().all(1) & (boxes[:, 2:] > boxes[:, :2]).all(1)
    if not bool(usable.all()):
        box = int((~usable).nonzero()[0])
        raise ValueError(
            f'{picture_name(sample)}: box {box} is {boxes[box].tolist()}, but x1 < x2 '
            'and y1 < y2 in finite pixels are needed'
        )
    positive_map = span_matrix[labels]
    named = positive_map.any(1)
    if not bool(named.all()):
        box = int((~named).nonzero()[0])
        raise ValueError(
            f'{picture_name(sample)}: box {box} has label {int(labels[box])}, for '
            'which tokens_positive gives no words'
        )
    return positive_map


def check_length(
    text: str, what: str, where: str, tokenizer: PreTrainedTokenizerFast, most: int
) -> None:
    """Refuse a text that is too long for the text encoder.

    Args:
        text: The text.
        what: It is, for the error: ``'caption'``.
        where: It is, for the error.
        tokenizer: The text encoder's.
        most: Most tokens, special tokens included.

    Raises:
        ValueError: If it has more.
    """
    count = len(tokenizer(text, verbose=False)['input_ids'])
    if count > most:
        raise ValueError(
            f'{where}: the {what} has {count} tokens, but max_tokens of the text '
            f'encoder is {most}: {_shorten(text)!r}'
        )


def picture_name(sample: DetDataSample) -> str:
    """Name a sample's picture for an error.

    Args:
        sample: Any data sample.

    Returns:
        Its path, or its id, as far as known.
    """
    for key in ('img_path', 'img_id'):
        if sample.get(key) is not None:
            return f'picture {sample.get(key)}'
    return 'a picture'


def _shorten(text: str, width: int = 80) -> str:
    return text if len(text) <= width else text[: width - 3] + '...'


def _shown(phrases: Sequence[str], most: int = 8) -> str:
    more = '' if len(phrases) <= most else f', and {len(phrases) - most} more'
    return ', '.join(repr(phrase) for phrase in phrases[:most]) + more
