"""Cutting texts into prompts and tokenizing them, with a cache."""

from collections.abc import Hashable, Mapping, Sequence

from mmdet.structures import DetDataSample
from torch import BoolTensor, LongTensor
from transformers import PreTrainedTokenizerFast

from .cutting import TOGETHER, Cutting
from .lru_cache import LRUCache
from .prompt import Prompt
from .sample_text import PromptPart, split_into_parts
from .tokens import PromptTokens, PromptTooLong, pad_tokens, tokenize_each

# Our choice: LVIS's 1,203 names are about 40 prompts of some 10 kB each.
KEPT_PROMPTS = 512
KEPT_CLASS_LISTS = 32


class PromptReader:
    """Cuts and tokenizes texts; the results of recent texts are cached.

    All images of a data set have the same names, so these are tokenized once, not
    once per image.

    Args:
        tokenizer: A fast tokenizer.
        max_tokens: Most tokens of a prompt, special tokens included.
        alone: Whether names are read alone, so that any number fits into a prompt.
    """

    def __init__(
        self, tokenizer: PreTrainedTokenizerFast, max_tokens: int, alone: bool = False
    ) -> None:
        self.tokenizer = tokenizer
        self.max_tokens = max_tokens
        self.alone = alone
        self._tokens: LRUCache[PromptTokens] = LRUCache(KEPT_PROMPTS)
        self._parts: LRUCache[list[PromptPart]] = LRUCache(KEPT_CLASS_LISTS)

    def split(
        self, sample: DetDataSample, cutting: Cutting = TOGETHER
    ) -> list[PromptPart]:
        """Do what :func:`split_into_parts` does."""

        def cut() -> list[PromptPart]:
            return split_into_parts(
                sample, self.tokenizer, self.max_tokens, cutting, self.alone
            )

        key = _key_of(sample)
        if key is None:
            return cut()
        return self._parts.get_or_make((key, cutting), cut)

    def tokenize(
        self, prompts: Sequence[Prompt]
    ) -> tuple[LongTensor, BoolTensor, list[BoolTensor]]:
        """Do what :func:`tokenize_prompts` does."""
        kept = {prompt: self._tokens.get(prompt) for prompt in prompts}
        known = {key: tokens for key, tokens in kept.items() if tokens is not None}
        new = [prompt for prompt in kept if prompt not in known]
        try:
            read = tokenize_each(new, self.tokenizer, self.max_tokens)
        except PromptTooLong as error:
            error.row = prompts.index(new[error.row])
            raise
        for prompt, tokens in zip(new, read):
            known[prompt] = tokens
            self._tokens.put(prompt, tokens)
        return pad_tokens([known[prompt] for prompt in prompts], self.tokenizer)


def _key_of(sample: DetDataSample) -> Hashable | None:
    """Collect what a sample's prompts depend on; None if caching is not worth it."""
    text = sample.get('text')
    names = tuple(text) if isinstance(text, (list, tuple)) else (text,)
    marked = sample.get('tokens_positive') is not None
    # Sentences with marked phrases differ from image to image.
    if marked or not all(isinstance(name, str) for name in names):
        return None
    wording = sample.get('caption_prompt') or {}
    return (
        isinstance(text, str),
        names,
        bool(sample.get('custom_entities', False)),
        tuple(_items(wording) if isinstance(wording, Mapping) else ()),
    )


def _items(wording: Mapping[str, Mapping[str, str]]) -> list[tuple]:
    return [(name, tuple(sorted(words.items()))) for name, words in wording.items()]
