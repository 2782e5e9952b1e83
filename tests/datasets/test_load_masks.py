"""Masks of objects: read, kept empty, refused."""

import numpy as np
import pytest
from pycocotools import mask as rle

from glipv2.datasets import LoadTextMasks

SQUARE = [[10, 10, 30, 10, 30, 30, 10, 30]]
BOX = [10, 10, 30, 30]


def sample_with(*masks: object, crowd: bool = False) -> dict:
    """Make a sample of 40 x 60 pixels whose objects share a box."""
    instances = [
        dict(bbox=BOX, bbox_label=0, ignore_flag=int(crowd))
        | ({} if mask is None else dict(mask=mask))
        for mask in masks
    ]
    return dict(img_path='a.jpg', ori_shape=(40, 60), instances=instances)


def rle_of(mask: np.ndarray) -> dict:
    """Encode a mask as COCO files hold it."""
    encoded = rle.encode(np.asfortranarray(mask))
    return dict(size=encoded['size'], counts=encoded['counts'].decode())


def filled(height: int = 40, width: int = 60) -> np.ndarray:
    """Fill the box."""
    mask = np.zeros((height, width), dtype=np.uint8)
    mask[10:30, 10:30] = 1
    return mask


def test_polygons_rle_and_objects_without_a_mask() -> None:
    sample = LoadTextMasks().transform(sample_with(SQUARE, rle_of(filled()), None, []))
    masks = sample['gt_masks'].masks
    assert masks.shape == (4, 40, 60)
    assert (masks[1] == filled()).all()
    assert (masks[0] != filled()).mean() < 0.02
    assert not masks[2:].any()
    assert len(sample['gt_bboxes']) == 4
    assert not sample['gt_ignore_flags'].any()


@pytest.mark.parametrize(
    ('mask', 'message'),
    [
        ([[10, 10, 30, 30]], 'a polygon of 4 numbers, but three points'),
        ([[*SQUARE[0], 3]], 'a polygon of 9 numbers'),
        (
            rle_of(filled(50, 60)),
            r'an RLE of \[50, 60\], but the image has \[40, 60\]',
        ),
        (dict(size=[40, 60]), 'has no counts'),
        ([[40, 5, 50, 5, 50, 9]], r'lies at \[41, 5, .*but its box is'),
        (rle_of(np.zeros((40, 60), np.uint8)), 'is empty'),
    ],
)
def test_bad_masks_are_named_or_dropped_with_a_count(
    mask: object, message: str
) -> None:
    with pytest.raises(ValueError, match=f'a.jpg: the mask of object 1 .*{message}'):
        LoadTextMasks().transform(sample_with(SQUARE, mask))
    load = LoadTextMasks(on_bad='skip')
    sample = load.transform(sample_with(SQUARE, mask))
    assert load.num_skipped == 1
    assert sample['gt_masks'].masks[0].any()
    assert not sample['gt_masks'].masks[1].any()


def test_crowds_have_no_one_box() -> None:
    whole = np.ones((40, 60), dtype=np.uint8)
    sample = LoadTextMasks().transform(sample_with(rle_of(whole), crowd=True))
    assert sample['gt_masks'].masks[0].all()
    with pytest.raises(ValueError, match='on_bad must be one of'):
        LoadTextMasks(on_bad='drop')
