"""Places of labels."""

import numpy as np
import pytest

from glipv2.drawing.layout import MOST_HIDDEN, place_labels

WIDTH, HEIGHT = 640, 480
BIG = (100, 20)


def overlap(one: tuple, other: tuple) -> bool:
    """Tell whether two rectangles share a pixel."""
    across = min(one[2], other[2]) > max(one[0], other[0])
    return across and min(one[3], other[3]) > max(one[1], other[1])


def boxes_of(kind: str, count: int) -> np.ndarray:
    """Make boxes that are hard to label."""
    random = np.random.default_rng(count)
    if kind == 'same place':
        return np.tile([300.0, 200, 380, 260], (count, 1))
    if kind == 'corners':
        x = random.choice([0, WIDTH - 9], count)
        y = random.choice([0, HEIGHT - 9], count)
        return np.stack((x, y, x + 9, y + 9), 1).astype(float)
    if kind == 'whole image':
        return np.tile([0.0, 0, WIDTH, HEIGHT], (count, 1))
    low = random.uniform(-20, [WIDTH, HEIGHT], (count, 2))
    return np.concatenate((low, low + random.uniform(0, 200, (count, 2))), 1)


@pytest.mark.parametrize('count', [1, 12, 120])
@pytest.mark.parametrize('kind', ['same place', 'corners', 'whole image', 'anywhere'])
def test_labels_cover_no_label_and_stay_in_the_image(kind: str, count: int) -> None:
    foot = (0, 440, WIDTH, HEIGHT)
    sizes = [(BIG, (40, 20))] * count
    found = place_labels(boxes_of(kind, count), sizes, (WIDTH, HEIGHT), [foot])
    places = [place for _, place in filter(None, found)]
    assert places and found[0] is not None
    for number, (x1, y1, x2, y2) in enumerate(places):
        assert 0 <= x1 < x2 <= WIDTH and 0 <= y1 < y2 <= HEIGHT
        for other in [foot, *places[:number]]:
            assert not overlap((x1, y1, x2, y2), other)
    assert count > 12 or kind == 'corners' or len(places) == count


def test_a_label_stands_above_its_box_or_within_at_the_top() -> None:
    boxes = np.array([[50.0, 100, 200, 300], [300, 5, 600, 300]])
    first, second = place_labels(boxes, [[BIG]] * 2, (WIDTH, HEIGHT))
    assert first == (0, (50, 80, 150, 100))
    assert second[1][:2] == (300, 0)


def test_a_shorter_form_is_taken_before_a_box_is_hidden() -> None:
    boxes = np.array([[0.0, 30, 40, 70], [45, 10, 85, 30]])
    forms = [(88, 20), (40, 20)]
    (form, place), _ = place_labels(boxes, [forms] * 2, (96, 72))
    shared = max(0, min(85, place[2]) - 45) * max(
        0, min(30, place[3]) - max(10, place[1])
    )
    assert form == 1 and shared <= MOST_HIDDEN * 40 * 20


def test_what_is_larger_than_the_image_is_left_out() -> None:
    boxes = np.array([[0.0, 0, 8, 8]])
    assert place_labels(boxes, [[BIG]], (16, 16)) == [None]
    assert place_labels(np.zeros((0, 4)), [], (16, 16)) == []
