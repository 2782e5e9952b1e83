"""GroundedCaptionMetric on made captions, and the names that captions mention."""

import pytest
import torch
from mmdet.registry import METRICS

import glipv2  # noqa: F401 (registers the metric)
from glipv2.evaluation.mentions import MentionFinder
from glipv2.text.noun_phrases import find_noun_phrases

NAMES = ('dog', 'hot dog', 'bus', 'person', 'red apple')
LEFT, RIGHT = [0.0, 0, 20, 20], [50.0, 50, 90, 90]


@pytest.mark.parametrize(
    ('caption', 'names'),
    [
        ('A Dog beside two hot dogs.', ['dog', 'hot dog']),
        ('buses, a bus and a hotdog', ['bus', 'bus']),
        ('a doghouse and a red-apple tree', []),
        ("the man's dog and red apples", ['dog', 'red apple']),
        ('women', ['person']),
        ('', []),
    ],
)
def test_names_in_captions(caption: str, names: list[str]) -> None:
    found = MentionFinder(NAMES, dict(person=['man', 'women'])).find(caption)
    assert [mention.name for mention in found] == names
    for mention in found:
        assert caption[mention.start : mention.end].strip() != ''


@pytest.mark.parametrize(
    ('synonyms', 'match'),
    [(dict(cat=['kitten']), 'no name'), (dict(person=['dogs']), 'stands for')],
)
def test_wrong_synonyms(synonyms: dict, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        MentionFinder(NAMES, synonyms)


def sample(caption: str, shown: list, boxes: list, scores: list, labels: list) -> dict:
    phrases = [
        dict(phrase=caption[start:end], tokens_positive=[[start, end]])
        for start, end in find_noun_phrases(caption)
    ]
    found = dict(
        bboxes=torch.tensor(boxes).reshape(-1, 4),
        scores=torch.tensor(scores),
        labels=torch.tensor(labels, dtype=torch.long),
    )
    return dict(
        shown=tuple(dict(name=name, box=box) for name, box in shown),
        pred_caption=caption, pred_phrases=phrases, pred_instances=found,
    )  # fmt: skip


def score(*samples: dict) -> dict[str, float]:
    metric = METRICS.build(dict(type='GroundedCaptionMetric'))
    metric.dataset_meta = dict(classes=NAMES)
    metric.process({}, list(samples))
    figures = metric.evaluate(size=len(samples))
    return {key.split('/')[1]: value for key, value in figures.items()}


def test_figures() -> None:
    figures = score(
        # The dog is boxed right by its surest box, the apple wrongly, no bus is there.
        sample(
            'a dog, a red apple and a bus',
            [('dog', LEFT), ('dog', RIGHT), ('red apple', RIGHT), ('person', LEFT)],
            [LEFT, RIGHT, LEFT, LEFT],
            [0.4, 0.9, 0.8, 0.7],
            [0, 0, 1, 2],
        ),
        sample('two dogs', [('dog', LEFT)], [], [], []),
    )
    assert figures == pytest.approx(
        dict(CHAIR_i=1 / 4, CHAIR_s=1 / 2, boxed=1 / 4, boxed_if_there=1 / 3,
             mentioned=3 / 4)
    )  # fmt: skip


def test_the_surest_box_counts() -> None:
    shown = [('dog', LEFT)]
    right = sample('a dog', shown, [LEFT, RIGHT], [0.9, 0.8], [0, 0])
    wrong = sample('a dog', shown, [LEFT, RIGHT], [0.8, 0.9], [0, 0])
    assert score(right)['boxed'] == 1
    assert score(wrong)['boxed'] == 0


def test_nothing_to_measure() -> None:
    figures = score(sample('it is dark', [], [], [], []))
    assert figures == dict(
        CHAIR_i=-1, CHAIR_s=0, boxed=-1, boxed_if_there=-1, mentioned=-1
    )


def test_samples_of_another_pipeline() -> None:
    metric = METRICS.build(dict(type='GroundedCaptionMetric'))
    metric.dataset_meta = dict(classes=NAMES)
    with pytest.raises(KeyError, match='DescribeImage'):
        metric.process({}, [dict(pred_caption='a dog')])
    with pytest.raises(ValueError, match='least_iou'):
        METRICS.build(dict(type='GroundedCaptionMetric', least_iou=0))
