"""Texts for all images of a call, or one for each."""

from collections.abc import Sequence

from transformers import PreTrainedTokenizerFast

from .images import GivenImage
from .tasks import Text, text_keys

Spans = int | list | dict


def texts_of_all(
    images: Sequence[GivenImage],
    task: str | None,
    texts: Text | list | None,
    custom_entities: bool = False,
    tokens_positive: Spans | list | None = None,
    tokenizer: PreTrainedTokenizerFast | None = None,
) -> list[dict | str]:
    """Assign a text to each image.

    Args:
        images: The images.
        task: As in :func:`~glipv2.apis.tasks.text_keys`.
        texts: One text for all, or a list with one for each item of the inputs.
        custom_entities: Whether a string holds names.
        tokens_positive: Spans for all, or a list with spans for each item.
        tokenizer: The model's, which has to know the names.

    Returns:
        Per image the text keys of its sample, or the error of its text.

    Raises:
        ValueError: If a list is not as long as the inputs, or the shared text is
            unusable.
    """
    items = max(image.item for image in images) + 1
    own_texts = isinstance(texts, list)
    own_spans = _is_one_per_item(tokens_positive)
    if not own_texts and not own_spans:
        keys = text_keys(task, texts, custom_entities, tokens_positive, tokenizer)
        return [keys] * len(images)
    if own_texts and items == 1 and len(texts) == len(images):
        by_image = texts  # one folder or pattern, a text for each of its images
    elif own_texts:
        by_image = _spread(texts, images, items, 'texts')
    else:
        by_image = [texts] * len(images)
    spans = [tokens_positive] * len(images)
    if own_spans:
        spans = _spread(tokens_positive, images, items, 'tokens_positive')
    keys: list[dict | str] = []
    for text, of_text in zip(by_image, spans):
        try:
            keys.append(text_keys(task, text, custom_entities, of_text, tokenizer))
        except ValueError as error:
            keys.append(str(error))
    return keys


def _spread(
    values: list, images: Sequence[GivenImage], items: int, argument: str
) -> list:
    if len(values) != items:
        hint = ''
        if argument == 'texts':
            hint = "; names for all images are a tuple, or 'cat . dog .'"
        raise ValueError(
            f'the list {argument} has one entry for each of the inputs, but there are '
            f'{len(values)} for {items} inputs{hint}'
        )
    return [values[image.item] for image in images]


def _is_one_per_item(spans: Spans | list | None) -> bool:
    """Tell a list of spans for each item from the spans of one sentence.

    A sentence's spans are phrases of pairs of numbers, three lists deep.
    """
    if not isinstance(spans, list):
        return False
    return any(
        item is None or isinstance(item, (int, dict)) or _depth(item) > 2
        for item in spans
    )


def _depth(value: object) -> int:
    if not isinstance(value, (list, tuple)):
        return 0
    return 1 + max(map(_depth, value), default=0)
