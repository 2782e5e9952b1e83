"""Prompts of data samples."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from mmdet.structures import DetDataSample
from transformers import PreTrainedTokenizerFast

from .cutting import TOGETHER, Chunk, Cutting
from .prompt import Prompt, build_prompt, prompt_from_names
from .tokens import PromptTooLong, chunk_names


@dataclass(frozen=True)
class PromptPart:
    """One of the prompts that an image's text is cut into.

    Args:
        prompt: The prompt.
        labels: Index of each of its phrases among all phrases of the image.
    """

    prompt: Prompt
    labels: tuple[int, ...]


def prompt_of(sample: DetDataSample) -> Prompt:
    """Make one prompt of a data sample's whole text.

    Args:
        sample: A sample with ``text`` and, optionally, ``custom_entities``,
            ``tokens_positive`` and ``caption_prompt`` (see :func:`build_prompt`).

    Returns:
        The prompt.

    Raises:
        ValueError: If the text is missing or unusable (names the image).
    """
    if sample.get('text') is None:
        raise ValueError(
            f'{image_name(sample)} has no text. Use a data set that gives one '
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
        raise ValueError(f'{image_name(sample)}: {error}') from error


def split_into_parts(
    sample: DetDataSample,
    tokenizer: PreTrainedTokenizerFast,
    max_tokens: int,
    cutting: Cutting = TOGETHER,
    alone: bool = False,
) -> list[PromptPart]:
    """Cut a sample's list of names into as many prompts as it needs.

    Args:
        sample: As in :func:`prompt_of`.
        tokenizer: A fast tokenizer.
        max_tokens: Most tokens of a prompt, special tokens included.
        cutting: Which names share a prompt.
        alone: Whether names are read alone, so that any number fits into a prompt.

    Returns:
        The parts; a sentence is never cut.

    Raises:
        ValueError: If the text is unusable (names the image).
    """
    whole = prompt_of(sample)
    names = whole.phrases
    if not whole.is_class_list:
        return [PromptPart(whole, tuple(range(len(names))))]
    caption_prompt = sample.get('caption_prompt')

    def cut(part: list[str], most: int) -> list[Chunk]:
        if alone:
            return _of_size(len(part), most)
        return chunk_names(
            part, tokenizer, max_tokens, most, caption_prompt, cutting.frame
        )

    return [
        PromptPart(
            prompt_from_names(
                [names[i] for i in chunk], caption_prompt, frame=cutting.frame
            ),
            chunk,
        )
        for chunk in cutting.chunks(names, cut)
    ]


def _of_size(count: int, chunked_size: int) -> list[Chunk]:
    step = chunked_size if chunked_size > 0 else count
    return [
        tuple(range(start, min(start + step, count))) for start in range(0, count, step)
    ]


@contextmanager
def naming_long_texts(what: str, places: Sequence[str], most: int) -> Iterator[None]:
    """Name the image of a question or caption that is too long.

    Args:
        what: Kind of text, such as ``'caption'``.
        places: Name of each text of the batch, for errors.
        most: ``max_tokens`` of the text encoder.

    Raises:
        ValueError: If a text that is tokenized inside has more tokens.
    """
    try:
        yield
    except PromptTooLong as error:
        raise ValueError(
            f'{places[error.row]}: the {what} has {error.tokens} tokens, but '
            f'max_tokens of the text encoder is {most}: {error.text!r}'
        ) from error


def wordy_prompt(sample: DetDataSample, what: str, where: str) -> Prompt:
    """Make the prompt of a question or a caption, which has no phrases.

    Args:
        sample: A sample with ``text``.
        what: Kind of text, such as ``'caption'``, for errors.
        where: Name of the sample, for errors.

    Returns:
        The prompt.

    Raises:
        ValueError: If the text is not a string or has no word.
    """
    text = sample.get('text')
    if not isinstance(text, str) or not has_words(text):
        raise ValueError(f'{where}: the {what} has no word: {text!r}')
    return Prompt(text, (), ())


def has_words(text: str) -> bool:
    """Check that a text holds more than spaces and punctuation."""
    return any(map(str.isalnum, text))


def image_name(sample: DetDataSample) -> str:
    """Name a sample's image for errors: by its path or its id, as far as known."""
    for key in ('img_path', 'img_id'):
        if sample.get(key) is not None:
            return f'image {sample.get(key)}'
    return 'an image'
