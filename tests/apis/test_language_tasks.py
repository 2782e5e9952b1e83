"""Questions and captions by the call: what comes out, and bad input."""

import json
from pathlib import Path

import pytest

from glipv2.apis import GLIPv2Inferencer

QUESTION = 'is there a dog?'


def test_a_question_has_its_best_answers(
    all_tasks: GLIPv2Inferencer, images: Path
) -> None:
    files = sorted(images.glob('*.png'))
    call = dict(texts=QUESTION, task='vqa')
    found = all_tasks(files, batch_size=4, num_answers=3, **call)['predictions']
    for prediction in json.loads(json.dumps(found)):
        scores = [x['score'] for x in prediction['answers']]
        assert len(scores) == 3
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
        assert prediction['answer'] == prediction['answers'][0]['answer']
        assert 'bboxes' not in prediction
    (alone,) = all_tasks(files[1], num_answers=3, **call)['predictions']
    assert [x['answer'] for x in alone['answers']] == [
        x['answer'] for x in found[1]['answers']
    ]
    (by_hf,) = all_tasks(files[1], num_answers=3, format='hf', **call)['predictions']
    assert by_hf == alone['answers']


def test_a_caption_is_text_and_its_search_can_be_changed(
    all_tasks: GLIPv2Inferencer, images: Path
) -> None:
    path = images / '0.png'
    (found,) = all_tasks(path, task='caption')['predictions']
    assert isinstance(found['caption'], str)
    assert isinstance(found['caption_score'], float)
    (short,) = all_tasks(path, task='caption', caption=dict(max_length=1))[
        'predictions'
    ]
    assert len(short['caption'].split()) <= 1
    (by_hf,) = all_tasks(path, task='caption', format='hf')['predictions']
    assert by_hf == [dict(generated_text=found['caption'])]


@pytest.mark.parametrize(
    ('task', 'text'),
    [('grounded_caption', 'a dog and a red'), ('grounded_vqa', QUESTION)],
)
def test_spans_of_what_was_said_point_to_boxes(
    all_tasks: GLIPv2Inferencer, images: Path, task: str, text: str
) -> None:
    found = all_tasks(images / '0.png', task=task, texts=text, return_vis=True)
    (prediction,) = json.loads(json.dumps(found['predictions']))
    assert prediction['phrases']
    boxes = []
    for label, phrase in enumerate(prediction['phrases']):
        for start, end in phrase['tokens_positive']:
            assert prediction['sentence'][start:end] == phrase['phrase']
        for box in phrase['boxes']:
            assert prediction['labels'][box] == label
            assert prediction['label_names'][box] == phrase['phrase']
        boxes += phrase['boxes']
    assert sorted(boxes) == list(range(len(prediction['bboxes'])))
    said = 'caption' if task == 'grounded_caption' else 'answer'
    assert prediction[said] in prediction['sentence']
    assert found['visualization'][0].shape == (64, 96, 3)


@pytest.mark.parametrize(
    ('call', 'message'),
    [
        (dict(task='vqa'), 'needs a question'),
        (dict(task='vqa', texts=' '), 'needs a question'),
        (dict(task='vqa', texts=('dog', 'cat')), 'takes a question as one string'),
        (dict(task='caption', texts=('dog',)), 'takes the first words'),
        (
            dict(task='grounded_vqa', texts='a dog?', tokens_positive=-1),
            'finds phrases',
        ),
        (dict(task='caption', caption=dict(mode='guess')), 'guess'),
    ],
)
def test_bad_questions_are_one_line(
    all_tasks: GLIPv2Inferencer, images: Path, call: dict, message: str
) -> None:
    try:
        (found,) = all_tasks(images / '0.png', **call)['predictions']
    except ValueError as error:
        found = dict(error=str(error))
    assert message in found['error']
    assert '\n' not in found['error']
