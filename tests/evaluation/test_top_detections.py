"""Which detections are kept, against sorting all of them."""

import numpy as np
import pytest

from glipv2.evaluation.top_detections import DETECTION, TopDetections, rank_detections


def make_rows(rng: np.random.Generator, count: int) -> np.ndarray:
    """Make detections with few different scores, of both signs."""
    rows = np.zeros(count, DETECTION)
    rows['image'] = rng.permutation(count) // 3
    rows['category'] = rng.integers(0, 4, count)
    rows['position'] = np.arange(count)
    rows['score'] = rng.integers(-5, 6, count) / 8
    return rows


def sorted_by_hand(rows: np.ndarray) -> list[tuple]:
    """Sort by category, falling score, image and position."""
    return sorted(
        (row['category'], -row['score'], row['image'], row['position']) for row in rows
    )


def test_order_is_that_of_the_fields() -> None:
    rows = make_rows(np.random.default_rng(0), 300)
    ranked = rows[rank_detections(rows)]
    keys = [
        (row['category'], -row['score'], row['image'], row['position'])
        for row in ranked
    ]
    assert keys == sorted_by_hand(rows)


@pytest.mark.parametrize('pending', [1, 17, 1000])
def test_the_best_of_each_category_stay(pending: int) -> None:
    rows = make_rows(np.random.default_rng(1), 400)
    expected = []
    for category in range(4):
        expected += sorted_by_hand(rows[rows['category'] == category])[:9]
    keeper = TopDetections(4, 9, pending)
    for start in range(0, 400, 7):
        part = rows[start : start + 7]
        part = part[keeper.may_rank(part['category'], part['score'])]
        keeper.add(part, [dict(of=int(row['position'])) for row in part])
        assert len(keeper) <= 4 * 9 + pending + 7
    kept, masks = keeper.take()
    assert sorted_by_hand(kept) == expected
    assert [mask['of'] for mask in masks] == kept['position'].tolist()
    assert len(keeper) == 0
    assert len(keeper.take()[0]) == 0
