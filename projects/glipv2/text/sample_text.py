"""Data samples' text keys turned into prompts and chunks."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from mmdet.structures import DetDataSample
from transformers import PreTrainedTokenizerFast

from .prompt import Prompt, build_prompt, prompt_from_names
from .tokens import PromptTooLong, chunk_names


@dataclass(frozen=True)
class PromptPart:
    """One prompt of an image, and which of the user's phrases it holds.

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
        ValueError: If the text is unusable (names the image).
    """
    whole = prompt_of(sample)
    names = whole.phrases
    if not whole.is_class_list:
        return [PromptPart(whole, tuple(range(len(names))))]
    caption_prompt = sample.get('caption_prompt')
    chunks = chunk_names(names, tokenizer, max_tokens, chunked_size, caption_prompt)
    return [
        PromptPart(prompt_from_names([names[i] for i in chunk], caption_prompt), chunk)
        for chunk in chunks
    ]


@contextmanager
def naming_long_texts(what: str, places: Sequence[str], most: int) -> Iterator[None]:
    """Say of a text without phrases that is too long what and whose it is.

    Args:
        what: The texts are: ``'caption'``.
        places: Per text of the batch whose it is.
        most: Most tokens of the text encoder.

    Raises:
        ValueError: If a text that is tokenized meanwhile has more.
    """
    try:
        yield
    except PromptTooLong as error:
        raise ValueError(
            f'{places[error.row]}: the {what} has {error.tokens} tokens, but '
            f'max_tokens of the text encoder is {most}: {error.text!r}'
        ) from error


def wordy_prompt(sample: DetDataSample, what: str, where: str) -> Prompt:
    """Build the prompt of a question or a caption, which names nothing.

    Args:
        sample: With the sentence in ``text``.
        what: It is, for the error: ``'caption'``.
        where: It is, for the error.

    Returns:
        The prompt.

    Raises:
        ValueError: If the text is no string or has no word.
    """
    text = sample.get('text')
    if not isinstance(text, str) or not any(map(str.isalnum, text)):
        raise ValueError(f'{where}: the {what} has no word: {text!r}')
    return Prompt(text, (), ())


def image_name(sample: DetDataSample) -> str:
    """Name a sample's image for an error.

    Args:
        sample: Any data sample.

    Returns:
        Its path, or its id, as far as known.
    """
    for key in ('img_path', 'img_id'):
        if sample.get(key) is not None:
            return f'image {sample.get(key)}'
    return 'an image'
