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
        ([[40, 5, 50, 5, 50, 9]], r'lies at \[40.0, 5.0, .*but its box is'),
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


@pytest.mark.parametrize(
    'mask',
    [
        [[10, 10, float('nan'), 10, 30, 30]],
        [[10, 10, float('inf'), 10, 30, 30]],
        [[10, 10, 2e8, 10, 30, 30]],
        [[10, 10, 10**400, 10, 30, 30]],
        dict(size=[40, 60], counts='nonsense'),
        dict(size=[40, 60], counts=b'\xff\xfe'),
        dict(size=[40, 60], counts=[5, 5]),
        dict(size=[40, 60], counts=[2**40]),
        dict(size=None, counts='10'),
        'a mask',
        7,
    ],
)
def test_no_segmentation_ends_training_that_skips(mask: object) -> None:
    load = LoadTextMasks(on_bad='skip')
    sample = load.transform(sample_with(SQUARE, mask))
    assert load.num_skipped == 1
    assert sample['gt_masks'].areas.tolist() == [400, 0]
    with pytest.raises(ValueError, match='a.jpg: the mask of object 1'):
        LoadTextMasks().transform(sample_with(SQUARE, mask))


def test_all_forms_that_mean_the_box_are_read() -> None:
    counts = np.flatnonzero(np.diff(filled().T.ravel(), prepend=0, append=0))
    runs = np.diff(np.concatenate(([0], counts, [40 * 60]))).tolist()
    (flat,) = SQUARE
    text = rle_of(filled())
    forms = (
        flat, [flat], [list(map(str, flat))], np.array(flat).reshape(1, 4, 2).tolist(),
        text, dict(text, counts=text['counts'].encode()),
        dict(size=[40, 60], counts=runs),
    )  # fmt: skip
    sample = LoadTextMasks().transform(sample_with(*forms))
    boxes = np.tile(BOX, (len(forms), 1)).astype(np.float32)
    masks = sample['gt_masks']
    inside = masks.crop_and_resize(boxes, (8, 8), np.arange(len(forms))).masks
    assert inside.all()
    assert (masks.areas == 400).all()
