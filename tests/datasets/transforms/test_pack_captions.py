"""Captions of others mixed in: how often, within the budget, spans moved."""

from collections import Counter

import numpy as np
import pytest

from glipv2.datasets import PackCaptions
from tests.tiny import TEXT_SOURCE

OTHERS = ['two trees.', 'a red car', 'nothing to see here .']


def sample(caption: str = ' a dog and a cat.') -> dict:
    """Make a grounding sample whose caption starts with a space."""
    return dict(
        text=caption,
        phrases={
            0: dict(phrase='a dog', tokens_positive=[[1, 6]]),
            3: dict(phrase='dog, cat', tokens_positive=[[3, 6], [13, 16]]),
        },
        negative_captions=list(OTHERS),
    )


def read(results: dict, label: int) -> list[str]:
    """Read the words that a phrase's spans cover."""
    spans = results['phrases'][label]['tokens_positive']
    return [results['text'][start:end] for start, end in spans]


def test_spans_cover_the_same_words_wherever_the_caption_stands() -> None:
    pack = PackCaptions(TEXT_SOURCE, none_prob=0.0, full_prob=1.0)
    places = set()
    for _ in range(30):
        results = pack(sample())
        assert read(results, 0) == ['a dog']
        assert read(results, 3) == ['dog', 'cat']
        places.add(results['text'].index('dog'))
        for part in ('two trees. ', 'a red car. ', 'nothing to see here. '):
            assert part in results['text']
        assert 'negative_captions' not in results
    assert len(places) == 4


def test_how_many_are_mixed_in() -> None:
    pack = PackCaptions(TEXT_SOURCE)
    np.random.seed(0)
    counts = Counter(pack(sample())['text'].count('. ') - 1 for _ in range(4000))
    for number, share in ((0, 0.4 + 0.075), (1, 0.075), (2, 0.075), (3, 0.3 + 0.075)):
        assert counts[number] / 4000 == pytest.approx(share, abs=0.03)


def test_what_does_not_fit_is_left_out_and_the_own_caption_stays() -> None:
    # [CLS] a dog and a cat . [SEP] are 8; "a red car ." 4 more.
    pack = PackCaptions(TEXT_SOURCE, max_tokens=11, none_prob=0.0, full_prob=1.0)
    results = pack(sample())
    assert 'two trees' in results['text']
    assert 'car' not in results['text']
    assert read(results, 3) == ['dog', 'cat']
    tight = PackCaptions(TEXT_SOURCE, max_tokens=5, none_prob=0.0, full_prob=1.0)
    assert tight(sample())['text'] == ' a dog and a cat. '


def test_other_samples_pass() -> None:
    pack = PackCaptions(TEXT_SOURCE)
    detection = dict(text={'0': 'dog'})
    assert pack(dict(detection)) == detection
    grounding = {k: x for k, x in sample().items() if k != 'negative_captions'}
    assert pack(dict(grounding)) == grounding


def test_impossible_probabilities_are_refused() -> None:
    with pytest.raises(ValueError, match='at most 1 together'):
        PackCaptions(TEXT_SOURCE, none_prob=0.8, full_prob=0.3)
