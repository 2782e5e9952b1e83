"""The data check on questions and captions."""

import json
from itertools import chain
from pathlib import Path

import pytest
from mmdet.registry import DATASETS

from glipv2.datasets.report.inspect_dataset import TextSettings
from tests.datasets.report.defects import image, inspect, told


def test_questions_and_answers(folder: Path, settings: TextSettings) -> None:
    def question(number: int, text: str, name: str = 'a.png') -> dict:
        return dict(question_id=number, image_id=1, question=text, file_name=name)

    def answers(number: int, image_id: int = 1) -> dict:
        given = [dict(answer='red')]
        return dict(question_id=number, image_id=image_id, answers=given)

    questions = [
        question(1, 'which colour?'),
        question(2, '?'),
        question(3, 'which colour?', 'lost.png'),
        question(4, 'which colour ' * 20),
        question(5, 'which colour?'),
        dict(question_id=6),
    ]
    annotations = [answers(1), answers(1), answers(3, 2), answers(4), answers(9)]
    (folder / 'q.json').write_text(json.dumps(dict(questions=questions)))
    (folder / 'a.json').write_text(json.dumps(dict(annotations=annotations)))
    config = dict(
        type='VQADataset',
        data_root=str(folder),
        question_file='q.json',
        ann_file='a.json',
        data_prefix=dict(img=''),
        pipeline=[dict(type='LoadImage'), dict(type='PackTextDetInputs')],
    )
    found = inspect(config, settings)
    assert told(found) == {
        # 2 has no words, 6 lacks all; 3's are of another image and 9 is unknown;
        # so 3 and 5 have none
        'question or answers': 6,
        'duplicate id': 1,
        'image missing': 1,
        'text longer than max_tokens': 1,
    }
    assert found.counts == {'red': 2}


def test_captions(folder: Path, settings: TextSettings) -> None:
    content = dict(
        images=[image(1, 'a.png'), image(2, 'b.png'), image(2, 'b.png')],
        annotations=[
            dict(id=1, image_id=1, caption='a red wall'),
            dict(id=2, image_id=1, caption='...'),
            dict(id=3, image_id=7, caption='a red wall'),
            dict(id=4, image_id=1, caption='red ' * 40),
        ],
    )
    (folder / 'captions.json').write_text(json.dumps(content))
    config = dict(
        type='CocoKarpathyDataset',
        data_root=str(folder),
        ann_file='captions.json',
        data_prefix=dict(img=''),
        pipeline=[dict(type='LoadImage'), dict(type='PackTextDetInputs')],
    )
    found = inspect(config, settings)
    assert told(found) == {
        'duplicate id': 1,
        'caption': 3,
        'text longer than max_tokens': 1,
    }
    assert found.num_items == 3


@pytest.mark.parametrize(
    ('questions', 'annotations'),
    [
        ('questions', 'annotations'),  # sound
        ('annotations', 'questions'),  # swapped
        (dict(question_id=1, question='a?'), None),
        (None, dict(question_id=1, answers=[dict(answer=None)])),
        (None, dict(question_id=1, answers=[2, True])),
        (None, dict(question_id='1', answers='red')),
        (None, dict(question_id=2, answers=['red'])),
        (dict(question_id=1, image_id=1, question=['a?']), None),
        (5, None),
    ],
)
def test_training_and_the_check_agree(
    folder: Path, settings: TextSettings, questions: object, annotations: object
) -> None:
    keys = ('questions', 'annotations')
    if isinstance(questions, str):
        keys, questions, annotations = (questions, annotations), None, None
    sound = dict(question_id=1, image_id=1, question='which?', file_name='a.png')
    answered = dict(question_id=1, answers=['red'])
    for name, key, entry in zip(
        'qa', keys, (questions or sound, annotations or answered)
    ):
        (folder / f'{name}.json').write_text(json.dumps({key: [entry]}))
    config = dict(
        type='VQADataset',
        data_root=str(folder),
        question_file='q.json',
        ann_file='a.json',
        data_prefix=dict(img=''),
        pipeline=[dict(type='LoadImage'), dict(type='PackTextDetInputs')],
    )
    found = inspect(config, settings)
    try:
        DATASETS.build(dict(config))
    except ValueError as error:
        shown = '\n'.join(chain(*found.problems.examples.values()))
        assert ' '.join(str(error).split()) in shown
    else:
        assert found.problems.num_errors == 0
