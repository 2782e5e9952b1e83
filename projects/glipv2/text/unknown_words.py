"""Names of which a tokenizer knows nothing: to a model they are all the same word."""

import logging
from collections.abc import Sequence
from functools import lru_cache

from mmengine.logging import print_log
from transformers import PreTrainedTokenizerFast


def unknown_phrases(
    phrases: Sequence[str], tokenizer: PreTrainedTokenizerFast
) -> list[str]:
    """Find the phrases that consist of unknown words.

    Args:
        phrases: Phrases or names; empty ones stand for labels without a phrase.
        tokenizer: The text encoder's tokenizer.

    Returns:
        Those whose tokens are all its unknown one.
    """
    if tokenizer.unk_token_id is None or not phrases:
        return []
    tokens = tokenizer(list(phrases), add_special_tokens=False, verbose=False)
    return [
        phrase
        for phrase, ids in zip(phrases, tokens['input_ids'], strict=True)
        if ids and set(ids) == {tokenizer.unk_token_id}
    ]


def refuse_unknown(phrases: Sequence[str], tokenizer: PreTrainedTokenizerFast) -> None:
    """Refuse phrases that consist of unknown words.

    Args:
        phrases: Phrases or names.
        tokenizer: The text encoder's tokenizer.

    Raises:
        ValueError: If there is one (names all of them).
    """
    unknown = unknown_phrases(phrases, tokenizer)
    if unknown:
        raise ValueError(say_unknown(unknown))


def warn_of_unknown(phrases: Sequence[str], tokenizer: PreTrainedTokenizerFast) -> None:
    """Log each phrase that consists of unknown words, once in a process.

    Data sets may hold some, which must not end a training.

    Args:
        phrases: Phrases or names.
        tokenizer: The text encoder's tokenizer.
    """
    for phrase in unknown_phrases(phrases, tokenizer):
        _warn_once(phrase)


@lru_cache(maxsize=1024)
def _warn_once(phrase: str) -> None:
    print_log(say_unknown([phrase]), logger='current', level=logging.WARNING)


def say_unknown(unknown: Sequence[str]) -> str:
    """Say which phrases mean nothing to a model."""
    shown = ', '.join(map(repr, unknown))
    return (
        f'the model cannot read {shown}: its tokenizer knows no part of it; write it '
        'in words of the language that the model was trained on'
    )
