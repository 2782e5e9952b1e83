"""Packed samples carry their text."""

import numpy as np
import pytest

from glipv2.datasets import PackTextDetInputs


def make_results(**more: object) -> dict:
    return {
        'img': np.zeros((4, 6, 3), dtype=np.uint8),
        'img_path': 'some.jpg',
        'img_id': 7,
        'text': ('dog', 'cat'),
        'gt_bboxes': np.array([[0, 0, 2, 2], [1, 1, 3, 3]], dtype=np.float32),
        'gt_bboxes_labels': np.array([1, 0]),
        'gt_ignore_flags': np.array([False, True]),
        **more,
    }


def test_text_keys_come_without_being_named() -> None:
    packed = PackTextDetInputs(meta_keys=['img_id'])(
        make_results(
            custom_entities=True,
            tokens_positive={0: [[0, 3]]},
            caption_prompt={'dog': {'suffix': 's'}},
            dataset_mode='OD',
            num_dropped_boxes=2,
            unrelated=1,
        )
    )
    sample = packed['data_samples']
    assert sample.metainfo == {
        'img_id': 7,
        'text': ('dog', 'cat'),
        'custom_entities': True,
        'tokens_positive': {0: [[0, 3]]},
        'caption_prompt': {'dog': {'suffix': 's'}},
        'dataset_mode': 'OD',
        'num_dropped_boxes': 2,
    }
    assert packed['inputs'].shape == (3, 4, 6)
    assert sample.gt_instances.labels.tolist() == [1]
    assert sample.ignored_instances.labels.tolist() == [0]


def test_absent_keys_stay_absent() -> None:
    packed = PackTextDetInputs()(make_results(caption_prompt=None))
    assert set(packed['data_samples'].metainfo) == {'img_id', 'img_path', 'text'}


def test_a_sample_without_text_is_named() -> None:
    for text in ({'text': None}, {}):
        results = make_results()
        del results['text']
        with pytest.raises(KeyError, match=r"some\.jpg has no 'text'"):
            PackTextDetInputs()({**results, **text})


def test_what_tasks_need_comes_along() -> None:
    keys = dict(
        task='vqa', question_id=3, question_type='what is', answer_type='other',
        gt_answers=['2'], gt_captions=['a dog'],
    )  # fmt: skip
    results = {'img': np.zeros((4, 6, 3), dtype=np.uint8), 'text': '', **keys}
    sample = PackTextDetInputs()(results)['data_samples']
    assert sample.metainfo == {'text': '', **keys}
    assert len(sample.gt_instances) == 0


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(gt_bboxes_labels=np.array([2, 0])), 'box 0 has label 2.*2 phrases'),
        (dict(gt_bboxes_labels=np.array([-1, 0])), 'box 0 has label -1'),
        (
            dict(text='a dog', tokens_positive={2: [[2, 5]]}),
            'box 0 has label 1, for which tokens_positive gives no words',
        ),
        (
            dict(gt_bboxes=np.array([[2.0, 0, 2, 2], [1, 1, 3, 3]])),
            'box 0 is .*x1 < x2',
        ),
        (
            dict(gt_bboxes=np.array([[0, 3.0, 2, 1], [1, 1, 3, 3]])),
            'box 0 is .*y1 < y2',
        ),
        (dict(gt_bboxes=np.array([[0, np.inf, 2, np.inf], [1, 1, 3, 3]])), 'finite'),
        (dict(task='grounded_caption', gt_bboxes_labels=np.array([9, 0])), 'label 9'),
    ],
)
def test_boxes_that_teach_nothing_are_named_in_the_worker(
    change: dict, message: str
) -> None:
    with pytest.raises(ValueError, match=f'some.jpg: .*{message}'):
        PackTextDetInputs()(make_results(**change))


def test_only_boxes_that_the_text_names_are_checked() -> None:
    bad = np.array([[2.0, 0, 2, 2], [1, 1, 3, 3]])
    ignored = np.array([True, True])
    PackTextDetInputs()(make_results(gt_bboxes=bad, gt_ignore_flags=ignored))
    PackTextDetInputs()(make_results(gt_bboxes=bad, task='vqa'))
