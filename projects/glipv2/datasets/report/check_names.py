"""Checks of class names, and the prompts that a test makes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast

from ...text.name_layout import clean_name, plain_words
from ...text.prompt import prompt_from_names
from ...text.tokens import chunk_names
from .check_item import check_tokens
from .problems import CLASSES, SAME_CHOSEN, SAME_WORDS, TOO_LONG, Problems


@dataclass(frozen=True)
class Chunk:
    """One prompt of a class list.

    Args:
        names: The names in it.
        num_tokens: Tokens of the prompt, special tokens included.
    """

    names: tuple[str, ...]
    num_tokens: int


def check_names(
    names: Sequence[str],
    wording: Mapping | None,
    tokenizer: PreTrainedTokenizerFast,
    limits: tuple[int, int],
    where: str,
    problems: Problems,
    names_chosen: bool = False,
) -> list[Chunk]:
    """Check names and cut them into prompts as a test does.

    Args:
        names: The class names.
        wording: ``caption_prompt`` of the data set.
        tokenizer: The text encoder's tokenizer.
        limits: ``max_tokens`` and ``chunked_size`` of the model.
        where: File, for the report.
        problems: Receives problems.
        names_chosen: Whether the config lists the names, not the file alone.

    Returns:
        The prompts; none if a name does not fit.
    """
    words: dict[str, str] = {}
    for name in names:
        clean = clean_name(name)
        ids = tokenizer(clean, add_special_tokens=False, verbose=False)['input_ids']
        check_tokens(ids, name, f'{where}, class', tokenizer, problems)
        if clean in words:
            what = f'{words[clean]!r} and {name!r} read the same: {clean!r}'
            is_same = plain_words(words[clean]) == plain_words(name)
            kind = SAME_CHOSEN if names_chosen else CLASSES
            problems.add(kind if is_same else SAME_WORDS, where, what)
        words.setdefault(clean, name)
    try:
        chunks = chunk_names(names, tokenizer, *limits, wording)
        made = []
        for chunk in chunks:
            own = tuple(names[index] for index in chunk)
            text = prompt_from_names(own, wording).text
            made.append(Chunk(own, len(tokenizer(text, verbose=False)['input_ids'])))
        return made
    except ValueError as error:
        problems.add(TOO_LONG, where, error)
        return []
