"""Decoding a sentence token by token: greedy, beam search, top-p sampling.

Shapes: B sentences, K beams of each, R rows (B or B * K), t tokens so far, V tokens in
the vocabulary.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import LongTensor, Tensor

MODES = ('greedy', 'beam', 'sample')

# From the last token id (R,) of each row, and the row (R,) of the previous call that it
# continues, to the logits (R, V) of the next token.
Step = Callable[[LongTensor, LongTensor], Tensor]


@dataclass(frozen=True)
class SearchSettings:
    """How a sentence is decoded.

    Args:
        mode: ``'greedy'``: the most probable next token; ``'beam'``: the most probable
            sentence of ``num_beams``; ``'sample'``: a random next token.
        num_beams: K.
        max_length: Maximum number of new tokens, the end token included.
        length_penalty: A sentence's score is the sum of its tokens' log-probabilities
            divided by its length to this power.
        no_repeat_ngram: Length of the n-grams that may not be repeated; 0: all may.
        top_p: Sampling is restricted to the fewest tokens with this total probability.
        temperature: Of sampling.

    Raises:
        ValueError: If a value is out of range.
    """

    mode: str = 'beam'
    num_beams: int = 3
    max_length: int = 40
    length_penalty: float = 1.0
    no_repeat_ngram: int = 0
    top_p: float = 0.9
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f'mode must be one of {MODES}, not {self.mode!r}')
        if min(self.num_beams, self.max_length) < 1 or self.no_repeat_ngram < 0:
            raise ValueError(
                f'num_beams {self.num_beams} and max_length {self.max_length} must be '
                f'positive, and no_repeat_ngram {self.no_repeat_ngram} not negative'
            )
        if not 0 < self.top_p <= 1 or self.temperature <= 0:
            raise ValueError(
                f'top_p {self.top_p} must be in (0, 1] and temperature '
                f'{self.temperature} positive'
            )
        if self.length_penalty < 0:
            raise ValueError(
                f'length_penalty {self.length_penalty} must not be negative'
            )


@dataclass(frozen=True)
class Sentences:
    """B sentences.

    Args:
        ids: Per sentence its new token ids, without the end token.
        scores: (B,) float, see ``SearchSettings.length_penalty``.
    """

    ids: list[list[int]]
    scores: Tensor


def search(
    first: Tensor, step: Step, given: LongTensor, end: int, settings: SearchSettings
) -> Sentences:
    """Decode sentences.

    Args:
        first: (B, V) logits of the first new token.
        step: Computes the logits of each further one.
        given: (B, t) int64 token ids before it, which only n-grams depend on.
        end: Id of the end token.
        settings: How to decode.

    Returns:
        The sentences.
    """
    if settings.mode == 'beam':
        return _beam_search(first, step, given, end, settings)
    return _token_by_token(first, step, given, end, settings)


def block_repeats(log_probs: Tensor, words: LongTensor, length: int) -> Tensor:
    """Forbid next tokens that would repeat an n-gram.

    Args:
        log_probs: (R, V).
        words: (R, t) int64 token ids so far.
        length: n; 0: nothing is forbidden.

    Returns:
        (R, V), minus infinity for forbidden tokens.
    """
    if length == 0 or words.shape[1] < length:
        return log_probs
    runs = words.unfold(1, length, 1)  # (R, t - length + 1, length)
    last = words[:, words.shape[1] - length + 1 :]
    same = (runs[..., :-1] == last[:, None]).all(2)
    row, run = same.nonzero(as_tuple=True)
    blocked = log_probs.clone()
    blocked[row, runs[row, run, -1]] = -torch.inf
    return blocked


def keep_top_p(log_probs: Tensor, top_p: float) -> Tensor:
    """Forbid all but the fewest tokens with a total probability of ``top_p``.

    Args:
        log_probs: (R, V).
        top_p: In (0, 1].

    Returns:
        (R, V), minus infinity for the others; the most probable token always stays.
    """
    ordered, words = log_probs.sort(dim=1, descending=True)
    probabilities = ordered.softmax(1)
    before = probabilities.cumsum(1) - probabilities
    ordered = ordered.masked_fill(before >= top_p, -torch.inf)
    return torch.empty_like(log_probs).scatter_(1, words, ordered)


def _token_by_token(
    logits: Tensor, step: Step, given: LongTensor, end: int, settings: SearchSettings
) -> Sentences:
    """Decode without beams: the most probable tokens, or random ones."""
    rows = torch.arange(len(logits), device=logits.device)
    words, start = given, given.shape[1]
    alive = torch.ones_like(rows, dtype=torch.bool)
    total, length = torch.zeros_like(logits[:, 0]), torch.zeros_like(rows)
    for _ in range(settings.max_length):
        log_probs = logits.log_softmax(1)
        open_to = block_repeats(log_probs, words, settings.no_repeat_ngram)
        if settings.mode == 'sample':
            open_to = keep_top_p(open_to / settings.temperature, settings.top_p)
            chosen = torch.multinomial(open_to.softmax(1), 1).squeeze(1)
        else:
            chosen = open_to.argmax(1)
        chosen = chosen.masked_fill(~alive, end)
        gain = log_probs.gather(1, chosen[:, None]).squeeze(1)
        total, length = total + gain * alive, length + alive
        words = torch.cat((words, chosen[:, None]), 1)
        alive = alive & (chosen != end)
        if not bool(alive.any()) or words.shape[1] - start == settings.max_length:
            break
        logits = step(chosen, rows)
    scores = total / length.to(total) ** settings.length_penalty
    return Sentences([_cut(row, end) for row in words[:, start:].tolist()], scores)


def _beam_search(
    logits: Tensor, step: Step, given: LongTensor, end: int, settings: SearchSettings
) -> Sentences:
    """Keep the K most probable beginnings and the best complete sentence so far."""
    count, beams = len(logits), settings.num_beams
    device, start, penalty = logits.device, given.shape[1], settings.length_penalty
    words = given.repeat_interleave(beams, 0)  # (R, t)
    logits = logits.repeat_interleave(beams, 0)
    # All beams start equal, so only the first may count.
    totals = logits.new_full((count, beams), -torch.inf)
    totals[:, 0] = 0
    best_score = logits.new_full((count,), -torch.inf)
    best: list[list[int]] = [[] for _ in range(count)]
    first_rows = torch.arange(count, device=device)[:, None] * beams
    for length in range(1, settings.max_length + 1):
        log_probs = block_repeats(
            logits.log_softmax(1), words, settings.no_repeat_ngram
        )
        size = log_probs.shape[1]
        candidates = (
            totals[:, :, None] + log_probs.unflatten(0, (count, beams))
        ).flatten(1)
        # Each beam can end once, so K of the best 2 K continue (V is at least 2).
        values, indices = candidates.topk(2 * beams)
        parents, tokens = first_rows + indices // size, indices % size
        ends = tokens == end
        last = length == settings.max_length
        # Only ends among the K best count, or poor short sentences would win.
        finished = (ends | last) & (torch.arange(ends.shape[1], device=device) < beams)
        scores = (values / length**penalty).masked_fill(~finished, -torch.inf)
        top, beam = scores.max(1)
        for image in (top > best_score).nonzero().flatten().tolist():
            row = parents[image, beam[image]]
            sentence = [*words[row, start:].tolist(), int(tokens[image, beam[image]])]
            best[image] = _cut(sentence, end)
        best_score = torch.maximum(best_score, top)

        values = values.masked_fill(ends, -torch.inf)
        totals, order = values.topk(beams)
        # More tokens only lower the sum; at best it is divided by the full length.
        possible = totals[:, 0] / settings.max_length**penalty
        if last or not bool((possible > best_score).any()):
            break
        parents, tokens = parents.gather(1, order), tokens.gather(1, order)
        words = torch.cat((words[parents.flatten()], tokens.flatten()[:, None]), 1)
        logits = step(tokens.flatten(), parents.flatten())
    return Sentences(best, best_score)


def _cut(sentence: list[int], end: int) -> list[int]:
    return sentence[: sentence.index(end)] if end in sentence else sentence
