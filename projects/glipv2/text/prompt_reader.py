"""Texts cut into prompts and tokenized, once each."""

from collections.abc import Hashable, Mapping, Sequence

from mmdet.structures import DetDataSample
from torch import BoolTensor, LongTensor
from transformers import PreTrainedTokenizerFast

from .prompt import Prompt
from .recently_used import RecentlyUsed
from .sample_text import PromptPart, split_into_parts
from .tokens import PromptTokens, PromptTooLong, pad_tokens, read_prompts

# Our choice: LVIS's 1,203 names are about 40 prompts of some 10 kB each.
KEPT_PROMPTS = 512
KEPT_CLASS_LISTS = 32


class PromptReader:
    """Cuts and tokenizes texts as long as their results are not known.

    All images of a data set have the same names, so these are read once and not
    once per image.

    Args:
        tokenizer: A fast tokenizer.
        max_tokens: Most tokens of a prompt, special tokens included.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, max_tokens: int) -> None:
        self.tokenizer = tokenizer
        self.max_tokens = max_tokens
        self._tokens: RecentlyUsed[PromptTokens] = RecentlyUsed(KEPT_PROMPTS)
        self._parts: RecentlyUsed[list[PromptPart]] = RecentlyUsed(KEPT_CLASS_LISTS)

    def split(self, sample: DetDataSample, chunked_size: int = -1) -> list[PromptPart]:
        """Cut a sample's list of names into as many prompts as it needs.

        Args:
            sample: As in :func:`split_into_parts`.
            chunked_size: Most names of a prompt; no such limit if not positive.

        Returns:
            The parts; a sentence is always one.

        Raises:
            ValueError: If the text is unusable (names the image).
        """

        def cut() -> list[PromptPart]:
            return split_into_parts(
                sample, self.tokenizer, self.max_tokens, chunked_size
            )

        key = _key_of(sample)
        return (
            cut() if key is None else self._parts.get_or_make((key, chunked_size), cut)
        )

    def tokenize(
        self, prompts: Sequence[Prompt]
    ) -> tuple[LongTensor, BoolTensor, list[BoolTensor]]:
        """Turn prompts into a batch of tokens on the CPU.

        Args:
            prompts: B prompts.

        Returns:
            As :func:`pad_tokens`.

        Raises:
            ValueError: As :func:`read_prompts` and :func:`pad_tokens`.
        """
        known = {prompt: self._tokens.get(prompt) for prompt in prompts}
        new = [prompt for prompt, tokens in known.items() if tokens is None]
        try:
            read = read_prompts(new, self.tokenizer, self.max_tokens)
        except PromptTooLong as error:
            error.row = prompts.index(new[error.row])
            raise
        for prompt, tokens in zip(new, read):
            known[prompt] = tokens
            self._tokens.put(prompt, tokens)
        return pad_tokens([known[prompt] for prompt in prompts], self.tokenizer)


def _key_of(sample: DetDataSample) -> Hashable | None:
    """Say what a sample's prompts depend on; None where it is not worth keeping."""
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
