"""Search over a step function: against trying every sentence of a toy vocabulary."""

from collections.abc import Callable
from itertools import product

import pytest
import torch

from glipv2.models.vl_heads.sentence_search import (
    SearchSettings,
    Sentences,
    block_repeats,
    keep_top_p,
    search,
)

WORDS, END = 4, 3
GIVEN = torch.tensor([[1], [2], [0]])


def next_logits(sentence: tuple[int, ...]) -> torch.Tensor:
    """Score next tokens by all tokens so far."""
    seed = sum((word + 1) * 7**place for place, word in enumerate(sentence))
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.randn(WORDS, generator=generator)


def make_step(given: torch.Tensor, beams: int) -> Callable:
    """Make a step that keeps whole sentences, as KV caches do."""
    told = [tuple(row) for row in given.repeat_interleave(beams, 0).tolist()]

    def step(words: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        told[:] = [
            (*told[row], word) for row, word in zip(rows.tolist(), words.tolist())
        ]
        return torch.stack([next_logits(sentence) for sentence in told])

    return step


def write(given: torch.Tensor = GIVEN, **settings: object) -> Sentences:
    """Search with the toy vocabulary."""
    chosen = SearchSettings(**settings)
    first = torch.stack([next_logits(tuple(row)) for row in given.tolist()])
    beams = chosen.num_beams if chosen.mode == 'beam' else 1
    return search(first, make_step(given, beams), given, END, chosen)


def score_of(given: tuple[int, ...], words: tuple[int, ...], penalty: float) -> float:
    total = 0.0
    for place, word in enumerate(words):
        total += next_logits((*given, *words[:place])).log_softmax(0)[word].item()
    return total / len(words) ** penalty


def all_sentences(max_length: int) -> list[tuple[int, ...]]:
    """List all that end, and all of full length."""
    inner = range(END)
    ended = [
        (*words, END)
        for length in range(max_length)
        for words in product(inner, repeat=length)
    ]
    return ended + list(product(inner, repeat=max_length))


@pytest.mark.parametrize('penalty', [0.0, 0.7, 1.0, 2.0])
@pytest.mark.parametrize('max_length', [1, 2, 4])
def test_wide_beams_equal_trying_every_sentence(
    penalty: float, max_length: int
) -> None:
    found = write(
        num_beams=WORDS**max_length, max_length=max_length, length_penalty=penalty
    )
    for row, given in enumerate(GIVEN.tolist()):
        scores = {
            words: score_of(tuple(given), words, penalty)
            for words in all_sentences(max_length)
        }
        best = max(scores, key=scores.get)
        assert found.ids[row] == [word for word in best if word != END]
        assert found.scores[row].item() == pytest.approx(scores[best], abs=1e-5)


def test_narrow_beams_can_miss_the_best() -> None:
    """Otherwise the comparison above would show nothing."""
    given = torch.cartesian_prod(*[torch.arange(END)] * 3)
    narrow = write(given, num_beams=1, max_length=4).scores
    wide = write(given, num_beams=WORDS**4, max_length=4).scores
    assert (narrow <= wide + 1e-6).all()
    assert (narrow < wide - 1e-3).any()


def test_greedy_takes_the_most_probable_token() -> None:
    found = write(mode='greedy', max_length=6)
    for row, given in enumerate(GIVEN.tolist()):
        words: list[int] = []
        while len(words) < 6 and END not in words:
            words.append(int(next_logits((*given, *words)).argmax()))
        assert found.ids[row] == [word for word in words if word != END]
        expected = score_of(tuple(given), tuple(words), 1.0)
        assert found.scores[row].item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize('mode', ['greedy', 'beam'])
def test_a_batch_equals_its_sentences_alone(mode: str) -> None:
    together = write(mode=mode, num_beams=3, max_length=6)
    for row in range(len(GIVEN)):
        alone = write(GIVEN[row : row + 1], mode=mode, num_beams=3, max_length=6)
        assert together.ids[row] == alone.ids[0]
        torch.testing.assert_close(together.scores[row], alone.scores[0])


@pytest.mark.parametrize('mode', ['greedy', 'beam', 'sample'])
@pytest.mark.parametrize('length', [1, 2, 3])
def test_no_ngram_is_repeated(mode: str, length: int) -> None:
    max_length = 3 if length == 1 else 8  # three words, each once
    found = write(mode=mode, num_beams=3, max_length=max_length, no_repeat_ngram=length)
    for given, ids in zip(GIVEN.tolist(), found.ids):
        words = [*given, *ids]
        runs = [tuple(words[i : i + length]) for i in range(len(words) - length + 1)]
        assert len(runs) == len(set(runs))


def test_block_repeats_by_hand() -> None:
    words = torch.tensor([[0, 1, 2, 0, 1], [0, 0, 0, 0, 1]])
    scores = block_repeats(torch.zeros(2, 4), words, 3)
    assert scores.isinf().tolist() == [[False, False, True, False], [False] * 4]
    assert not block_repeats(torch.zeros(2, 4), words, 0).isinf().any()


def test_top_p_keeps_the_fewest_tokens() -> None:
    scores = torch.tensor([[0.1, 0.5, 0.15, 0.25]]).log()
    kept = [(~keep_top_p(scores, p).isinf()).tolist()[0] for p in (0.01, 0.6, 0.8, 1)]
    assert kept[0] == [False, True, False, False]
    assert kept[1] == [False, True, False, True]
    assert kept[2] == [False, True, True, True]
    assert kept[3] == [True] * 4


def test_sampling_follows_the_probabilities() -> None:
    given = torch.tensor([[1]]).expand(4000, 1)
    found = write(given, mode='sample', max_length=1, top_p=1.0)
    counts = torch.tensor(
        [sum(ids == [word] for ids in found.ids) for word in range(END)]
    )
    expected = next_logits((1,)).softmax(0)[:END]
    torch.testing.assert_close(counts / 4000, expected, atol=0.03, rtol=0)
    cold = write(GIVEN, mode='sample', max_length=6, temperature=1e-3)
    assert cold.ids == write(GIVEN, mode='greedy', max_length=6).ids


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        (dict(mode='best'), 'mode must be one of'),
        (dict(num_beams=0), 'must be positive'),
        (dict(top_p=0.0), r'must be in \(0, 1\]'),
        (dict(temperature=0.0), 'temperature 0.0 positive'),
        (dict(length_penalty=-1.0), 'must not be negative'),
    ],
)
def test_impossible_settings_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SearchSettings(**settings)
