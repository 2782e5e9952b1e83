"""Captions with given phrases, checked and cut to the token limit."""

import numpy as np
from transformers import PreTrainedTokenizerFast

from ...text.name_layout import SEPARATOR
from ...text.prompt import check_spans
from ...text.tokens import encode
from .instances import keep_instances


def fit_grounding_sample(
    results: dict, tokenizer: PreTrainedTokenizerFast, max_tokens: int
) -> int:
    """Check a caption's phrases, and cut it after a word if it is too long.

    Args:
        results: A sample of mmdet's ``ODVGDataset``: ``text`` (the caption),
            ``phrases`` (``{label: {'tokens_positive': spans}}``) and
            ``gt_bboxes_labels``. Updated in place: ``text``, ``custom_entities``,
            ``tokens_positive`` (``{label: spans}`` of labels with boxes) and the
            boxes, without those whose phrase is cut off.
        tokenizer: The text encoder's fast tokenizer.
        max_tokens: Most tokens of a prompt, special tokens included.

    Returns:
        Number of boxes left out.

    Raises:
        ValueError: If a label has no phrase, or a span is empty or outside the
            caption (names the image).
    """
    caption, phrases = results['text'], results['phrases']
    image = results.get('img_path')
    labels = np.asarray(results['gt_bboxes_labels'], dtype=np.int64)
    spans = {}
    for label in np.unique(labels).tolist():
        if label not in phrases:
            raise ValueError(f'{image}: label {label} has no phrase')
        try:
            spans[label] = check_spans(
                caption, phrases[label]['tokens_positive'], label
            )
        except ValueError as error:
            raise ValueError(f'{image}: {error}') from error

    end = end_of_room(caption, tokenizer, max_tokens)
    if end == 0:
        raise ValueError(
            f'{image}: not one word of the caption fits into {max_tokens} tokens: '
            f'{caption!r}'
        )
    inside = {
        label: [span for span in of_label if span[1] <= end]
        for label, of_label in spans.items()
    }
    keep = np.array([bool(inside[label]) for label in labels.tolist()], dtype=bool)
    dropped = keep_instances(results, keep)
    results['text'] = caption[:end]
    results['tokens_positive'] = {
        label: of_label for label, of_label in inside.items() if of_label
    }
    results['custom_entities'] = False
    return dropped


def end_of_room(
    caption: str, tokenizer: PreTrainedTokenizerFast, max_tokens: int
) -> int:
    """Find where a caption is cut if it is too long.

    Args:
        caption: The caption.
        tokenizer: The text encoder's fast tokenizer.
        max_tokens: Most tokens of a prompt, special tokens included.

    Returns:
        The end of the last word that fits, in characters; 0: none fits.
    """
    # A prompt of a sentence ends with a full stop, which counts.
    text = caption if caption.endswith('.') else caption + SEPARATOR
    encoded = encode(tokenizer, text)
    ends = [
        end
        for (_, end), special in zip(
            encoded['offset_mapping'], encoded['special_tokens_mask'], strict=True
        )
        if not special
    ]
    special_tokens = len(encoded['input_ids']) - len(ends)
    if len(encoded['input_ids']) <= max_tokens:
        return len(caption)
    room = max_tokens - special_tokens - 1
    if room < 1:
        return 0
    end = ends[room - 1]
    # Half a word may have more tokens than the whole one.
    while end > 0 and not caption[end].isspace():
        end -= 1
    return len(caption[:end].rstrip())
