"""Threads that share one inferencer get what they would get alone."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from glipv2.apis import GLIPv2Inferencer

NAMES = ('red apple', 'dog', 'key')
SENTENCE = 'a dog near a red apple'
QUESTION = 'is there a dog?'
CALLS = (
    dict(texts=NAMES, max_per_img=1),
    dict(texts=NAMES, max_per_img=40, nms_thr=0.95),
    dict(texts=NAMES, chunked_size=1, score_thr=0.5),
    dict(texts=SENTENCE, task='grounding', nms_thr=0.1, max_per_img=30),
    dict(texts='dog', task='segmentation', max_per_img=3),
    dict(texts=QUESTION, task='vqa', num_answers=1),
    dict(texts=QUESTION, task='grounded_vqa', num_answers=3, max_per_img=2),
    dict(texts='', task='caption', caption=dict(max_length=2)),
    dict(texts='a', task='grounded_caption', caption=dict(num_beams=1)),
)
ROUNDS = 3


def assert_equal(one: object, other: object) -> None:
    """Compare predictions; a text read together with others may be rounded apart."""
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_equal(one[key], other[key])
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(other)
        for a, b in zip(one, other):
            assert_equal(a, b)
    elif isinstance(one, float):
        assert one == pytest.approx(other, abs=1e-3)
    elif isinstance(one, np.ndarray):  # mmdet changes the colours of masks at random
        assert one.shape == other.shape
        assert np.abs(one.astype(int) - other).mean() < 8
    else:
        assert one == other


@pytest.mark.timeout(300)
def test_each_thread_gets_its_own_settings_task_and_drawing(
    all_tasks: GLIPv2Inferencer, images: Path
) -> None:
    files = [str(images / f'{number % 4}.png') for number in range(len(CALLS))]

    def ask(row: int) -> dict:
        return all_tasks(files[row], return_vis=True, pred_score_thr=0.0, **CALLS[row])

    model = all_tasks.model
    before = deepcopy((dict(model.test_cfg), dict(model.bbox_head.test_cfg)))
    alone = [ask(row) for row in range(len(CALLS))]
    together = Barrier(len(CALLS))

    def ask_again(row: int) -> list[dict]:
        together.wait(60)
        return [ask(row) for _ in range(ROUNDS)]

    with ThreadPoolExecutor(len(CALLS)) as threads:
        found = list(threads.map(ask_again, range(len(CALLS))))
    for expected, results in zip(alone, found):
        for result in results:
            assert_equal(result, expected)
    assert (dict(model.test_cfg), dict(model.bbox_head.test_cfg)) == before
    sizes = [len(x['predictions'][0].get('labels', ())) for x in alone]
    assert sizes[0] == 1 and sizes[1] > sizes[0] and 0 < sizes[4] <= 3
