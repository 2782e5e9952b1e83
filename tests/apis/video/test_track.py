"""Numbers that objects keep."""

import importlib.util

import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData

from glipv2.apis.video.track import Tracker

INSTALLED = importlib.util.find_spec('trackers') is not None
needs_trackers = pytest.mark.skipif(not INSTALLED, reason='trackers is not installed')


def sample_of(boxes: list, scores: list[float]) -> DetDataSample:
    """Make a prediction."""
    found = InstanceData(
        bboxes=torch.tensor(boxes).float().reshape(-1, 4), scores=torch.tensor(scores)
    )
    return DetDataSample(pred_instances=found)


def box_at(x: float, y: float) -> list[float]:
    """Make a box of 40 pixels."""
    return [x, y, x + 40, y + 40]


@needs_trackers
def test_objects_keep_their_numbers_in_any_order() -> None:
    tracker, random = Tracker(25, 0.3), np.random.default_rng(0)
    seen: dict[int, set[int]] = {0: set(), 1: set(), 2: set()}
    for frame in range(30):
        places = [box_at(8 * frame, 20), box_at(300 - 8 * frame, 90), box_at(50, 200)]
        order = random.permutation(3)
        shown = [x for x in order if not (x == 2 and 10 <= frame < 14)]  # hidden
        sample = sample_of([places[x] for x in shown], [0.5 + x / 10 for x in shown])
        tracker.follow(sample, frame / 25)
        numbers = sample.pred_instances.track_ids.tolist()
        if frame == 0:
            assert numbers == [-1, -1, -1]  # not yet seen again
            continue
        for object_, number in zip(shown, numbers):
            seen[object_].add(number)
    assert all(len(numbers) == 1 for numbers in seen.values())
    assert set.union(*seen.values()) == {1, 2, 3}


@needs_trackers
def test_weak_boxes_and_empty_frames_get_no_number() -> None:
    tracker = Tracker(25, 0.3)
    for frame, (boxes, scores) in enumerate([([], []), ([box_at(0, 0)], [0.1])]):
        sample = sample_of(boxes, scores)
        tracker.follow(sample, frame / 25)
        assert sample.pred_instances.track_ids.tolist() == [-1] * len(boxes)
    answer = DetDataSample()
    tracker.follow(answer, 1.0)
    assert 'pred_instances' not in answer


@pytest.mark.skipif(INSTALLED, reason='trackers is installed')
def test_the_missing_package_is_named() -> None:
    with pytest.raises(ImportError, match='pip install trackers'):
        Tracker(25, 0.3)
