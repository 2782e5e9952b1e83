"""Segmentations of every form become polygons, RLE or nothing, or are refused."""

import json

import numpy as np
import pytest
from pycocotools import mask as rle

from glipv2.datasets.segmentation import canonical_segmentation

HEIGHT, WIDTH = 20, 30
SQUARE = [5, 5, 15, 5, 15, 15, 5, 15]
POINTS = [[5, 5], [15, 5], [15, 15], [5, 15]]


def filled() -> np.ndarray:
    """Fill the square."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[5:15, 5:15] = 1
    return mask


def counts_of(mask: np.ndarray) -> list[int]:
    """Count the runs of a mask, column by column, zeros first."""
    flat = np.concatenate([[0], mask.T.ravel(), [1 - mask[-1, -1]]])
    return np.diff(np.flatnonzero(np.diff(flat)), prepend=0).tolist()


def encoded(kind: type) -> dict:
    """Encode the square."""
    made = rle.encode(np.asfortranarray(filled()))
    counts = made['counts'] if kind is bytes else made['counts'].decode()
    return dict(size=[HEIGHT, WIDTH], counts=counts)


@pytest.mark.parametrize(
    'value',
    [
        [SQUARE],
        SQUARE,
        [[str(x) for x in SQUARE]],
        [f'{x}.0' for x in SQUARE],
        POINTS,
        [POINTS],
        [SQUARE, []],
        [None, tuple(SQUARE)],
    ],
)
def test_polygons_of_any_layout(value: object) -> None:
    assert canonical_segmentation(value, HEIGHT, WIDTH) == [SQUARE]


@pytest.mark.parametrize('value', [None, [], {}, [[]], [None], [[], []]])
def test_nothing_is_no_mask(value: object) -> None:
    assert canonical_segmentation(value, HEIGHT, WIDTH) is None


def test_rle_of_any_form_is_the_same_mask() -> None:
    runs = counts_of(filled())
    forms = [
        encoded(str),
        encoded(bytes),
        dict(size=[HEIGHT, WIDTH], counts=runs),
        dict(size=[float(HEIGHT), str(WIDTH)], counts=[str(run) for run in runs]),
    ]
    for form in forms:
        made = canonical_segmentation(form, HEIGHT, WIDTH)
        assert made == encoded(str)
        assert (rle.decode(made) == filled()).all()


@pytest.mark.parametrize(
    ('value', 'fault'),
    [
        ([[5, 5, float('nan'), 5, 15, 15]], 'not finite'),
        ([5, 5, float('inf'), 5, 15, 15], 'not finite'),
        ([[5, 5, 2e8, 5, 15, 15]], r'reaches from 5 to 2e\+08, .* 30 pixels'),
        ([[5, -1e300, 15, 5, 15, 15]], 'reaches from'),
        ([[10**400, 5, 15, 5, 15, 15]], 'no list of numbers'),
        ([[5, 5, None, 5, 15, 15]], 'not finite'),
        ([5, None, 5, None, 15, 5, 15, 15], 'not finite'),
        ([[5, 5, 'x', 5, 15, 15]], 'no list of numbers'),
        ([5, 5, 15, 15], 'polygon of 4 numbers'),
        ([[5, 5, 15, 5, 15]], 'polygon of 5 numbers'),
        ([SQUARE, [1]], 'polygon of 1 numbers'),
        ([SQUARE, {'a': 1}], 'no list of numbers'),
        (json.dumps([SQUARE]), 'neither polygons nor an RLE'),
        (True, 'neither polygons nor an RLE'),
        (dict(encoded(str), size=[WIDTH, HEIGHT]), r'an RLE of \[30, 20\]'),
        (dict(encoded(str), size=None), 'an RLE of None'),
        (dict(encoded(str), size=[float('inf'), 3]), 'an RLE of'),
        (dict(size=[HEIGHT, WIDTH]), 'has no counts'),
        (dict(name='x'), 'has no counts'),
        (dict(size=[HEIGHT, WIDTH], counts='###'), 'bad counts'),
        (dict(size=[HEIGHT, WIDTH], counts='52'), 'bad counts'),
        (dict(size=[HEIGHT, WIDTH], counts=encoded(str)['counts'][:-1]), 'bad counts'),
        (dict(size=[HEIGHT, WIDTH], counts=b'52:' * 400), 'bad counts'),
        (dict(size=[HEIGHT, WIDTH], counts='`b`'), 'bad counts'),
        (dict(size=[HEIGHT, WIDTH], counts='ü'), 'bad counts'),
        (dict(size=[HEIGHT, WIDTH], counts=7), 'bad counts'),
        (dict(size=[HEIGHT, WIDTH], counts=[3, 4]), 'bad counts.* add up to 600'),
        (dict(size=[HEIGHT, WIDTH], counts=[-3, 603]), 'bad counts'),
        (dict(size=[HEIGHT, WIDTH], counts=[float('nan'), 3]), 'bad counts'),
    ],
)
def test_bad_ones_are_refused_before_pycocotools(value: object, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        canonical_segmentation(value, HEIGHT, WIDTH)


def test_random_masks_pass_unchanged() -> None:
    draw = np.random.default_rng(0)
    for share in (0.0, 0.01, 0.5, 1.0):
        for _ in range(20):
            mask = (draw.random((HEIGHT, WIDTH)) < share).astype(np.uint8)
            made = rle.encode(np.asfortranarray(mask))
            found = canonical_segmentation(made, HEIGHT, WIDTH)
            assert (rle.decode(found) == mask).all()
