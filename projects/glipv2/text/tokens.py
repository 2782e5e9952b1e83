"""Tokenizing prompts, counting tokens and cutting lists of names into chunks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import BoolTensor, LongTensor, Tensor
from transformers import PreTrainedTokenizerFast

from .name_layout import NO_FRAME, SEPARATOR, Frame, lay_out_names
from .prompt import Prompt
from .unknown_words import warn_of_unknown

SHOWN_PHRASES = 5


@dataclass(frozen=True)
class PromptTokens:
    """Tokens of one prompt, without padding.

    Args:
        ids: (t,) int64 token ids.
        spans: (K, t) bool, the tokens of each phrase.
    """

    ids: LongTensor
    spans: BoolTensor


class PromptTooLong(ValueError):
    """A prompt has more tokens than the text encoder takes.

    Args:
        message: What does not fit.
        row: Row of the prompt in its batch.
        tokens: Its number of tokens.
        text: Its beginning.
    """

    def __init__(self, message: str, row: int, tokens: int, text: str) -> None:
        super().__init__(message)
        self.row = row
        self.tokens = tokens
        self.text = text


def tokenize_prompts(
    prompts: Sequence[Prompt],
    tokenizer: PreTrainedTokenizerFast,
    max_tokens: int,
) -> tuple[LongTensor, BoolTensor, list[BoolTensor]]:
    """Tokenize a batch of prompts.

    A token belongs to a phrase if it overlaps one of the phrase's spans.

    Args:
        prompts: B prompts.
        tokenizer: A fast tokenizer.
        max_tokens: Most tokens of a prompt, special tokens included.

    Returns:
        As :func:`pad_tokens`.

    Raises:
        ValueError: If there is no prompt, one has more than ``max_tokens`` tokens
            (names the words that do not fit), or a phrase has no token.
    """
    return pad_tokens(tokenize_each(prompts, tokenizer, max_tokens), tokenizer)


def tokenize_each(
    prompts: Sequence[Prompt],
    tokenizer: PreTrainedTokenizerFast,
    max_tokens: int,
) -> list[PromptTokens]:
    """Tokenize prompts without padding; arguments are :func:`tokenize_prompts`'s.

    Returns:
        The tokens of each prompt.

    Raises:
        PromptTooLong: If a prompt has more than ``max_tokens`` tokens.
        ValueError: If a phrase has no token.
    """
    if len(prompts) == 0:
        return []
    encoded = encode(tokenizer, [prompt.text for prompt in prompts])
    found = []
    for row, (prompt, ids, offsets, special) in enumerate(
        zip(
            prompts, encoded['input_ids'], encoded['offset_mapping'],
            encoded['special_tokens_mask'], strict=True,
        )
    ):  # fmt: skip
        if len(offsets) > max_tokens:
            message = _overflow_message(prompt, offsets, special, max_tokens)
            raise PromptTooLong(message, row, len(offsets), _shorten(prompt.text))
        if tokenizer.unk_token_id in ids:
            warn_of_unknown(prompt.phrases, tokenizer)
        spans = _span_matrix(prompt, torch.tensor(offsets), torch.tensor(special))
        found.append(PromptTokens(torch.tensor(ids), spans))
    return found


def pad_tokens(
    prompts: Sequence[PromptTokens], tokenizer: PreTrainedTokenizerFast
) -> tuple[LongTensor, BoolTensor, list[BoolTensor]]:
    """Pad prompts to the longest of the batch.

    Args:
        prompts: Tokens of B prompts.
        tokenizer: Their tokenizer.

    Returns:
        Token ids (B, T) int64; mask (B, T) bool, true for real tokens; per prompt
        (K, T) bool, the tokens of each phrase (never special tokens or padding).

    Raises:
        ValueError: If there is no prompt.
    """
    if len(prompts) == 0:
        raise ValueError('there is no prompt to tokenize')
    width = max(len(prompt.ids) for prompt in prompts)
    ids = torch.full((len(prompts), width), tokenizer.pad_token_id or 0)
    mask = torch.zeros((len(prompts), width), dtype=torch.bool)
    # One block of memory, so that one copy takes it to a device.
    counts = [len(prompt.spans) for prompt in prompts]
    spans = torch.zeros((sum(counts), width), dtype=torch.bool).split(counts)
    for row, (prompt, matrix) in enumerate(zip(prompts, spans)):
        ids[row, : len(prompt.ids)] = prompt.ids
        mask[row, : len(prompt.ids)] = True
        matrix[:, : len(prompt.ids)] = prompt.spans
    return ids, mask, list(spans)


def count_name_tokens(
    names: Sequence[str],
    tokenizer: PreTrainedTokenizerFast,
    caption_prompt: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[np.ndarray, int]:
    """Count the tokens of each name, with its prefix and suffix.

    Args:
        names: N class names as the user wrote them.
        tokenizer: A fast tokenizer.
        caption_prompt: As in :func:`lay_out_names`.

    Returns:
        Tokens of each name (N,) int64, without separators, and tokens of one
        separator.

    Raises:
        ValueError: If there is no name, or one is empty (names it).
    """
    layout = lay_out_names(names, caption_prompt)
    pieces = np.asarray(layout.pieces)  # (N, 2)
    texts = [layout.text[start:end] for start, end in layout.pieces]
    encoded = encode(tokenizer, [layout.text, SEPARATOR, *texts])
    lengths = np.asarray(
        [len(ids) - sum(mask) for ids, mask in _ids_and_masks(encoded)]
    )
    separator_tokens = int(lengths[1])

    # A byte-pair tokenizer joins a word with the space before it, so a name may have
    # other tokens alone than in the list: the larger count is always enough.
    special = np.asarray(encoded['special_tokens_mask'][0], dtype=bool)
    ends = np.asarray(encoded['offset_mapping'][0])[~special, 1]
    owner = np.searchsorted(pieces[:, 0], ends - 1, side='right') - 1
    in_name = ends <= pieces[owner, 1]
    in_context = np.bincount(owner[in_name], minlength=len(names))
    return np.maximum(lengths[2:], in_context), separator_tokens


def chunk_names(
    names: Sequence[str],
    tokenizer: PreTrainedTokenizerFast,
    max_tokens: int,
    chunked_size: int = -1,
    caption_prompt: Mapping[str, Mapping[str, str]] | None = None,
    frame: Frame = NO_FRAME,
) -> list[tuple[int, ...]]:
    """Cut a list of names into chunks that fit into one prompt each.

    Args:
        names: N class names as the user wrote them.
        tokenizer: A fast tokenizer.
        max_tokens: Most tokens of a prompt, special tokens included.
        chunked_size: Most names of a chunk; no limit if not positive.
        caption_prompt: As in :func:`lay_out_names`.
        frame: Likewise.

    Returns:
        Indices of the names of each chunk, in order.

    Raises:
        ValueError: If there is no name, one is empty, or one alone does not fit.
    """
    counts, separator_tokens = count_name_tokens(names, tokenizer, caption_prompt)
    budget = name_token_budget(tokenizer, max_tokens)
    budget -= sum(len(tokenizer.tokenize(text)) for text in frame if text)
    check_single_names(names, counts, budget)
    chunks: list[tuple[int, ...]] = []
    start, used = 0, 0
    for index, count in enumerate(counts.tolist()):
        full = 0 < chunked_size <= index - start
        if index > start and (full or used + count > budget):
            chunks.append(tuple(range(start, index)))
            start, used = index, 0
        used += count + separator_tokens
    chunks.append(tuple(range(start, len(names))))
    return chunks


def name_token_budget(tokenizer: PreTrainedTokenizerFast, max_tokens: int) -> int:
    """Compute how many of ``max_tokens`` the special tokens leave."""
    return max_tokens - tokenizer.num_special_tokens_to_add(pair=False)


def check_single_names(names: Sequence[str], counts: np.ndarray, budget: int) -> None:
    """Refuse a name that is too long even for a prompt of its own.

    Args:
        names: N class names as the user wrote them.
        counts: Tokens of each (N,) int64.
        budget: Tokens of a prompt without the special ones.

    Raises:
        ValueError: If a name has more tokens than ``budget`` (names it).
    """
    too_long = np.flatnonzero(counts > budget)
    if len(too_long):
        index = int(too_long[0])
        raise ValueError(
            f'class name {index} needs {counts[index]} tokens, but a prompt has '
            f'only {budget} for names: {_shorten(names[index])!r}. Shorten the name '
            'or raise max_tokens'
        )


def encode(tokenizer: PreTrainedTokenizerFast, texts: str | list[str]) -> dict:
    """Tokenize whole texts.

    Args:
        tokenizer: A fast tokenizer.
        texts: One text or several.

    Returns:
        ``input_ids``, ``offset_mapping`` (characters [start, end)) and
        ``special_tokens_mask``: of the text, or a list of each for several.
    """
    # Truncation and padding are named because a tokenizer file may carry its own
    # settings, which would silently cut a long prompt.
    return tokenizer(
        texts,
        truncation=False,
        padding=False,
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
        verbose=False,
    )


def _ids_and_masks(encoded: dict) -> zip:
    return zip(encoded['input_ids'], encoded['special_tokens_mask'], strict=True)


def _span_matrix(prompt: Prompt, offsets: Tensor, special: Tensor) -> BoolTensor:
    matrix = torch.zeros((len(prompt.phrases), len(offsets)), dtype=torch.bool)
    owners = [
        phrase for phrase, spans in enumerate(prompt.tokens_positive) for _ in spans
    ]
    if not owners:
        return matrix
    spans = torch.tensor([span for spans in prompt.tokens_positive for span in spans])
    starts, ends = offsets.unbind(dim=1)  # (tokens,)
    meets = (starts < spans[:, 1:]) & (ends > spans[:, :1])  # (spans, tokens)
    meets &= (ends > starts) & (special == 0)
    span, token = meets.nonzero(as_tuple=True)
    owners = torch.tensor(owners)
    matrix[owners[span], token] = True

    lost = owners[~matrix[owners].any(dim=1)]
    if len(lost):
        index = int(lost[0])
        raise ValueError(
            f'phrase {index} ({prompt.phrases[index]!r}) has no token: the tokenizer '
            f'knows none of its characters'
        )
    return matrix


def _overflow_message(
    prompt: Prompt,
    offsets: list[tuple[int, int]],
    special: list[int],
    max_tokens: int,
) -> str:
    inner = [
        span
        for span, is_special in zip(offsets, special, strict=True)
        if not is_special
    ]
    room = max_tokens - (len(offsets) - len(inner))
    # What does not fit begins with the first token beyond the room.
    cut = inner[max(room, 0)][0]
    left_out = [
        phrase
        for phrase, spans in zip(prompt.phrases, prompt.tokens_positive, strict=True)
        if any(end > cut for _, end in spans)
    ] or [prompt.text[cut:]]
    shown = ', '.join(repr(_shorten(phrase)) for phrase in left_out[:SHOWN_PHRASES])
    more = len(left_out) - SHOWN_PHRASES
    if more > 0:
        shown += f' and {more} more'
    return (
        f'a prompt has {len(offsets)} tokens, but max_tokens is {max_tokens}; these '
        f'words do not fit: {shown}. Pass the names as a list (prediction then cuts '
        'it into several prompts; in training use SampleDetectionPrompt) or raise '
        'max_tokens'
    )


def _shorten(text: str, width: int = 80) -> str:
    return text if len(text) <= width else text[: width - 3] + '...'
