"""Corners of COCO's boxes."""

import pytest

from glipv2.structures.corners import corners_of


def test_corners_are_left_top_right_bottom() -> None:
    assert corners_of((1, 2, 30, 40)) == [1, 2, 31, 42]
    assert corners_of([0.5, 1.5, 2.0, 3.0]) == [0.5, 1.5, 2.5, 4.5]
    with pytest.raises(ValueError):
        corners_of((1, 2, 3))
