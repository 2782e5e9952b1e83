"""VQA accuracy on cases by hand, and the evaluation server's file."""

import json
from itertools import combinations
from pathlib import Path

import pytest

from glipv2.evaluation import VQAMetric
from glipv2.evaluation.vqa_metric import vqa_accuracy

# By hand: the mean over ten sets of nine people of min(agreeing / 3, 1).
OF_TEN = {0: 0, 1: 0.3, 2: 0.6, 3: 0.9, **{number: 1 for number in range(4, 11)}}


@pytest.mark.parametrize('agree', range(11))
def test_agreement_of_ten(agree: int) -> None:
    answers = ['yes'] * agree + ['no'] * (10 - agree)
    assert vqa_accuracy('yes', answers) == pytest.approx(OF_TEN[agree])
    subsets = list(combinations(answers, 9))
    mean = sum(min(nine.count('yes') / 3, 1) for nine in subsets) / len(subsets)
    assert vqa_accuracy('yes', answers) == pytest.approx(mean)


@pytest.mark.parametrize(
    ('answer', 'true', 'accuracy'),
    [
        ('two', ['2'] * 9 + ['3'], 1),
        # As written where all wrote the same, as the official code compares.
        ('two', ['2'] * 10, 0),
        ('2', ['2'] * 10, 1),
        (' a dog\n', ['a dog'] * 10, 1),
        ('dog', ['a dog'] * 10, 0),
        ('dog', ['a dog'] * 9 + ['dog'], 1),
        ('the', ['a'] * 5 + ['the'] * 5, 1),  # nothing is left of any of them
        ('2', ['two'] * 3 + ['2'] * 2 + ['3'] * 5, 1),
        ('dont walk', ["don't walk"] * 2 + ['dont walk'] + ['stop'] * 7, 0.9),
        ('the red apple.', ['red apple'] * 9 + ['apple'], 1),
        ('red-apple', ['red apple'] * 9 + ['apple'], 1),
        ('1000', ['1,000'] * 9 + ['2'], 1),
        ('left', ['right'] * 10, 0),
        # Fewer people: all of the others are enough.
        ('yes', ['yes'], 1),
        ('no', ['yes'], 0),
        ('yes', ['yes', 'yes'], 1),
        ('yes', ['yes', 'no'], 0.5),
        ('yes', ['yes'] * 3, 1),
        ('yes', ['yes'] * 2 + ['no'], (1 + 1 / 2 + 1 / 2) / 3),
    ],
)
def test_cases_by_hand(answer: str, true: list, accuracy: float) -> None:
    assert vqa_accuracy(answer, true) == pytest.approx(accuracy)


SAMPLES = [
    dict(question_id=1, pred_answer='yes', gt_answers=['yes'] * 10,
         answer_type='yes/no', question_type='is there a'),
    dict(question_id=2, pred_answer='no', gt_answers=['yes'] * 10,
         answer_type='yes/no', question_type='is there a'),
    dict(question_id=3, pred_answer='two', gt_answers=['2'] * 2 + ['3'] * 8,
         answer_type='number', question_type='how many'),
]  # fmt: skip


def test_figures_and_result_file(tmp_path: Path) -> None:
    metric = VQAMetric(outfile_prefix=str(tmp_path / 'new' / 'val'))
    metric.process({}, SAMPLES[:2])
    metric.process({}, SAMPLES[2:])
    assert metric.evaluate(3) == pytest.approx(
        {
            'vqa/accuracy': 160 / 3,
            'vqa/accuracy_normalised': 160 / 3,
            'vqa/accuracy_yes_no': 50,
            'vqa/accuracy_number': 60,
            'vqa/accuracy_of_is_there_a': 50,
            'vqa/accuracy_of_how_many': 60,
        }
    )
    assert json.loads((tmp_path / 'new' / 'val.vqa.json').read_text()) == [
        {'question_id': 1, 'answer': 'yes'},
        {'question_id': 2, 'answer': 'no'},
        {'question_id': 3, 'answer': 'two'},
    ]


def test_a_test_split_only_makes_the_file(tmp_path: Path) -> None:
    metric = VQAMetric(outfile_prefix=str(tmp_path / 'test'), format_only=True)
    metric.process({}, [dict(question_id=5, pred_answer='cat')])
    assert metric.evaluate(1) == {}
    assert len(json.loads((tmp_path / 'test.vqa.json').read_text())) == 1


def test_bad_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='needs an outfile_prefix'):
        VQAMetric(format_only=True)
    metric = VQAMetric(outfile_prefix=str(tmp_path / 'val'))
    with pytest.raises(ValueError, match=r'question 9 \(9.jpg\) was not answered'):
        metric.process({}, [dict(question_id=9, img_path='9.jpg', gt_answers=['a'])])
    with pytest.raises(ValueError, match='question 9 .* has no gt_answers'):
        metric.process({}, [dict(question_id=9, pred_answer='cat')])
    metric.process({}, SAMPLES[:1] * 2)
    with pytest.raises(ValueError, match='a duplicate: 1'):
        metric.evaluate(2)
