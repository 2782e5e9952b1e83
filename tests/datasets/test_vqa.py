"""VQAv2's official files."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glipv2.datasets import VQADataset

PIPELINE = [
    dict(type='LoadImage'),
    dict(type='Resize', scale=(64, 64), keep_ratio=True),
    dict(type='PackTextDetInputs'),
]


def question(number: int, image: int = 9, text: str = 'what is it?') -> dict:
    return dict(question_id=number, image_id=image, question=text)


def annotation(number: int, image: int = 9, answers: tuple = ('cat',) * 10) -> dict:
    return dict(
        question_id=number, image_id=image, question_type='what is',
        answer_type='other', multiple_choice_answer='cat',
        answers=[
            dict(answer_id=i, answer=answer, answer_confidence='yes')
            for i, answer in enumerate(answers, 1)
        ],
    )  # fmt: skip


@pytest.fixture
def make(tmp_path: Path) -> Callable:
    """Give a function that writes the files and opens the data set."""

    def open_set(questions: list, annotations: list | None, **more) -> VQADataset:
        (tmp_path / 'q.json').write_text(json.dumps(dict(questions=questions)))
        if annotations is not None:
            content = json.dumps(dict(annotations=annotations))
            (tmp_path / 'a.json').write_text(content)
        return VQADataset(
            question_file='q.json', ann_file='a.json' if annotations else '',
            data_root=str(tmp_path), data_prefix=dict(img='train2014'), **more,
        )  # fmt: skip

    return open_set


def test_a_question_goes_through_a_pipeline(make: Callable, tmp_path: Path) -> None:
    (tmp_path / 'train2014').mkdir()
    path = tmp_path / 'train2014' / 'COCO_train2014_000000000009.jpg'
    Image.fromarray(np.zeros((32, 48, 3), np.uint8)).save(path)
    dataset = make([question(4)], [annotation(4)], pipeline=PIPELINE)
    packed = dataset[0]
    assert packed['inputs'].shape[1:] == (43, 64)
    sample = packed['data_samples']
    assert sample.text == 'what is it?'
    assert (sample.task, sample.question_id, sample.img_id) == ('vqa', 4, 9)
    assert sample.gt_answers == ['cat'] * 10
    assert (sample.question_type, sample.answer_type) == ('what is', 'other')
    assert len(sample.gt_instances) == 0
    path.unlink()
    with pytest.raises(FileNotFoundError, match='000000000009.jpg does not exist'):
        dataset.prepare_data(0)


def test_test_splits_have_no_answers(make: Callable) -> None:
    dataset = make([question(4), question(5)], None, img_name='{image_id}.png')
    assert len(dataset) == 2
    info = dataset.get_data_info(1)
    assert info['img_path'].endswith('train2014/9.png')
    assert not {'gt_answers', 'question_type'} & info.keys()


def test_a_question_may_name_its_image(make: Callable) -> None:
    dataset = make([dict(question(4), file_name='a.jpg')], [annotation(4)])
    assert dataset.get_data_info(0)['img_path'].endswith('train2014/a.jpg')


@pytest.mark.parametrize(
    ('questions', 'annotations', 'message'),
    [
        ([question(4, text=' ? ')], [annotation(4)], 'question 4 has no words'),
        ([question(4), question(4)], [annotation(4)], 'question 4 is a duplicate'),
        ([dict(question_id=4, question='a?')], [annotation(4)], '4 lacks image_id'),
        ([question(4)], [annotation(4), annotation(5)],
         'annotation of question 5: .*q.json has no such question'),
        ([question(4)], [annotation(4)] * 2, 'of question 4 is a duplicate'),
        ([question(4), question(5)], [annotation(4)],
         'no annotation of question 5 .*1 questions lack'),
        ([question(4)], [annotation(4, image=8)], 'about image 8, but .* image 9'),
        ([question(4)], [annotation(4, answers=())], 'question 4 has no answers'),
    ],
)  # fmt: skip
def test_bad_files_are_named(
    make: Callable, questions: list, annotations: list, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make(questions, annotations)


def test_another_file_is_no_vqa_file(make: Callable, tmp_path: Path) -> None:
    make([question(4)], [annotation(4)])
    (tmp_path / 'a.json').write_text('[]')
    with pytest.raises(ValueError, match=r"a.json is no VQA file: .* 'annotations'"):
        VQADataset(question_file='q.json', ann_file='a.json', data_root=str(tmp_path))
    (tmp_path / 'q.json').write_text('{')
    with pytest.raises(ValueError, match=r'q.json is not valid JSON'):
        VQADataset(question_file='q.json', data_root=str(tmp_path))


@pytest.mark.parametrize(
    ('given', 'read'),
    [
        ([dict(answer=2), dict(answer=2.0), dict(answer=2.5)], ['2', '2', '2.5']),
        ([dict(answer=True), False], ['yes', 'no']),
        (['cat', 'a dog'], ['cat', 'a dog']),
        ('cat', ['cat']),
        (7, ['7']),
    ],
)
def test_answers_of_other_types_are_texts(
    make: Callable, given: object, read: list
) -> None:
    dataset = make([question(4)], [dict(annotation(4), answers=given)])
    assert dataset[0]['gt_answers'] == read


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        (dict(answers=[dict(answer='a'), dict(answer=None)]), 'as answer 2, but None'),
        (dict(answers=[['a']]), "question 4 has no text as answer 1, but .'a'"),
        (dict(answers=[dict(text='a')]), 'question 4 has no text as answer 1'),
        (dict(answers=float('nan')), 'question 4 has no text as answer 1, but nan'),
        (dict(answers=None), 'question 4 has no answers'),
        (dict(question_id=None), 'item 1 of the list: .* has no such question'),
    ],
)
def test_bad_answers_are_named_before_training(
    make: Callable, changes: dict, message: str
) -> None:
    with pytest.raises(ValueError, match=f'a.json, .*{message}'):
        make([question(4)], [dict(annotation(4), **changes)])


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        (dict(question=None), 'question 4 lacks question'),
        (dict(question=5), r'question 4 has no words \(5\)'),
        (dict(question_id=[4]), r'question \[4\] lacks question_id'),
        (dict(question_id=None), 'item 1 of the list lacks question_id'),
        (dict(image_id='x7'), "image_id 'x7', which does not fit"),
        (dict(file_name=5), 'question 4 has the file_name 5'),
    ],
)
def test_bad_questions_are_named(make: Callable, changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f'q.json, .*{message}'):
        make([dict(question(4), **changes)], None)


def test_ids_of_other_types_are_the_same(make: Callable) -> None:
    own = dict(annotation(4), question_id='4', image_id=9.0)
    dataset = make([dict(question(4), image_id='000009')], [own])
    info = dataset.get_data_info(0)
    assert (info['question_id'], info['img_id']) == (4, 9)
    assert info['img_path'].endswith('000000000009.jpg')
    plain = make(
        [dict(question(4), image_id='000009')], None, img_name='{image_id}.jpg'
    )
    assert plain.get_data_info(0)['img_path'].endswith('/000009.jpg')


def test_swapped_files_are_told(make: Callable, tmp_path: Path) -> None:
    make([question(4)], [annotation(4)])
    with pytest.raises(ValueError, match='a.json is no VQA file: .*may be swapped'):
        VQADataset(question_file='a.json', ann_file='q.json', data_root=str(tmp_path))


@pytest.mark.parametrize('encoding', ['utf-8-sig', 'utf-16', 'utf-32-le'])
def test_any_encoding_is_read_by_every_worker(
    encoding: str, make: Callable, tmp_path: Path
) -> None:
    make([question(4)], [annotation(4)])
    texts = dict(q=[question(4, text='\u00e4 \u4f60?')], a=[annotation(4)])
    for name, key in (('q', 'questions'), ('a', 'annotations')):
        content = json.dumps({'info': [1], key: texts[name]}, ensure_ascii=False)
        (tmp_path / f'{name}.json').write_bytes(content.encode(encoding))
    dataset = VQADataset(
        question_file='q.json', ann_file='a.json', data_root=str(tmp_path)
    )
    info = pickle.loads(pickle.dumps(dataset)).get_data_info(0)
    assert (info['text'], info['gt_answers']) == ('\u00e4 \u4f60?', ['cat'] * 10)
