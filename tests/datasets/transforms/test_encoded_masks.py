"""Masks that stay encoded agree with mmdet's bitmaps in all that mmdet does."""

import pickle
from collections.abc import Callable

import numpy as np
import pytest
from mmdet.registry import TRANSFORMS
from mmdet.structures.bbox import HorizontalBoxes
from mmdet.structures.mask import BitmapMasks
from pycocotools import mask as coco_mask

from glipv2.benchmarks.mask_loading import compare_targets
from glipv2.datasets.transforms.encoded_masks import EncodedMasks, Outline, Runs

HEIGHT, WIDTH = 120, 160
# Triangle, two parts, a figure of eight, and one that reaches over the edge.
POLYGONS = (
    [[20, 20, 90, 30, 40, 100]],
    [[100, 10, 150, 10, 150, 40, 100, 40], [110, 60, 140, 60, 125, 110]],
    [[10, 70, 60, 110, 60, 70, 10, 110]],
    [[120, 90, 171, 90, 171, 131, 120, 131]],
)
CROP = np.array([30, 15, 140, 100])


def ring() -> np.ndarray:
    """Draw a ring, which no polygon can be."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    distance = np.hypot(x - 80, y - 60)
    return ((distance < 45) & (distance > 20)).astype(np.uint8)


def both() -> tuple[EncodedMasks, BitmapMasks]:
    """Make the same masks, encoded and drawn."""
    encoded = [
        Outline(tuple(np.array(part, float) for part in polygon)).cut(
            (0, 0, WIDTH, HEIGHT)
        )
        for polygon in POLYGONS
    ]
    encoded.append(Runs(coco_mask.encode(np.asfortranarray(ring()))))
    drawn = []
    for polygon in POLYGONS:
        parts = coco_mask.frPyObjects(polygon, HEIGHT, WIDTH)
        drawn.append(coco_mask.decode(coco_mask.merge(parts)))
    drawn.append(ring())
    return (
        EncodedMasks(encoded, HEIGHT, WIDTH),
        BitmapMasks(drawn, HEIGHT, WIDTH),
    )


def ious(own: BitmapMasks, other: BitmapMasks) -> np.ndarray:
    """Compare masks one by one; two empty ones are equal."""
    assert (own.height, own.width) == (other.height, other.width)
    a, b = own.to_ndarray().astype(bool), other.to_ndarray().astype(bool)
    assert a.shape == b.shape
    common, whole = (a & b).sum((1, 2)), (a | b).sum((1, 2))
    return np.where(whole == 0, 1, common / whole.clip(min=1))


@pytest.mark.parametrize(
    ('change', 'least'),
    [
        (lambda masks: masks, 1),
        (lambda masks: masks.flip('horizontal'), 0.97),
        (lambda masks: masks.flip('vertical'), 0.97),
        (lambda masks: masks.flip('diagonal').flip('diagonal'), 1),
        (lambda masks: masks.rescale((400, 300)), 0.95),
        (lambda masks: masks.resize((90, 200)), 0.93),
        (lambda masks: masks.crop(CROP), 0.98),
        (lambda masks: masks.crop(CROP).flip().pad((130, 200)), 0.96),
        (lambda masks: masks.pad((130, 200)), 1),
        (lambda masks: masks.resize((240, 320)).crop(2 * CROP), 0.95),
        (lambda masks: masks[np.array([4, 0])], 1),
        (lambda masks: masks[np.array([True, False, False, True, True])], 1),
        (lambda masks: masks[1:4], 1),
        (lambda masks: masks[2], 1),
        (lambda masks: masks[np.array([], dtype=int)], 1),
        (lambda masks: masks.expand(150, 200, 10, 20), 1),
        (lambda masks: masks.translate((HEIGHT, WIDTH), 7), 1),
        (lambda masks: masks.shear((HEIGHT, WIDTH), 0.2), 1),
        (lambda masks: masks.rotate((HEIGHT, WIDTH), 20), 1),
        (lambda masks: type(masks).cat([masks, masks[np.array([1])]]), 1),
        (lambda masks: pickle.loads(pickle.dumps(masks)), 1),
    ],
)
def test_what_mmdet_does_with_masks(
    change: Callable[[BitmapMasks], BitmapMasks], least: float
) -> None:
    encoded, drawn = both()
    changed = change(encoded)
    expected = change(drawn)
    assert len(changed) == len(expected)
    if len(changed):
        assert ious(changed, expected).min() >= least
        assert ((changed.areas > 0) == (expected.areas > 0)).all()


def test_nothing_is_drawn_before_it_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoded, _ = both()
    monkeypatch.setattr(coco_mask, 'decode', lambda _: pytest.fail('drawn'))
    changed = encoded.flip().rescale((1333, 800)).pad((900, 1333))
    # Not the figure of eight, whose area has to be counted.
    chosen = changed[np.array([0, 1, 4])]
    assert len(chosen) == 3
    assert (chosen.areas > 0).all()


def test_regions_have_the_targets_that_drawn_masks_have() -> None:
    found = compare_targets(40)
    assert found['polygons'] > 0.96
    assert found['RLE'] > 0.97


def test_regions_over_the_edge_of_a_bitmap_are_empty_there() -> None:
    square = np.zeros((40, 40), np.uint8)
    square[10:20, 10:20] = 1
    masks = EncodedMasks([Runs(coco_mask.encode(np.asfortranarray(square)))], 40, 40)
    boxes = np.array([[0, 0, 40, 40], [10, 10, 20, 20], [15, 5, 25, 15]], np.float32)
    drawn = masks.crop_and_resize(boxes, (8, 8), np.zeros(3, int)).masks
    assert drawn[0].sum() == 4
    assert drawn[1].all()
    quarter = np.zeros((8, 8))
    quarter[4:, :4] = 1
    assert (drawn[2] == quarter).all()


def test_boxes_of_masks_are_those_of_bitmaps() -> None:
    encoded, drawn = both()
    own = encoded.get_bboxes(HorizontalBoxes).tensor
    assert (own == drawn.get_bboxes(HorizontalBoxes).tensor).all()


def test_bitmaps_can_be_changed_in_place_and_replaced() -> None:
    encoded, _ = both()
    encoded.masks[:, :, :50] = 0  # as RandomErasing
    assert not encoded.flip().masks[:, :, WIDTH - 50 :].any()
    encoded.masks = np.where(ring(), 0, encoded.masks)  # as CopyPaste
    assert not (encoded.to_ndarray() & ring()).any()
    assert encoded.areas[4] == 0


@pytest.mark.parametrize(
    'step',
    [
        dict(type='RandomCrop', crop_size=(60, 80), recompute_bbox=True),
        dict(type='RandomErasing', n_patches=2, ratio=0.3),
        dict(type='Expand', mean=[0, 0, 0], prob=1.0),
        dict(type='Rotate', prob=1.0),
        dict(type='MinIoURandomCrop'),
        dict(type='Pad', size_divisor=32),
        dict(type='FilterAnnotations', by_mask=True, min_gt_mask_area=400),
    ],
    ids=lambda step: step['type'],
)
def test_mmdets_transforms_take_them(step: dict) -> None:
    encoded, _ = both()
    boxes = [shape.extent for shape in encoded.shapes]
    results = dict(
        img=np.zeros((HEIGHT, WIDTH, 3), np.uint8),
        img_shape=(HEIGHT, WIDTH),
        gt_bboxes=HorizontalBoxes(np.array(boxes, np.float32)),
        gt_bboxes_labels=np.zeros(5, np.int64),
        gt_ignore_flags=np.zeros(5, bool),
        gt_masks=encoded,
    )
    changed = TRANSFORMS.build(step)(results)
    if changed is not None:
        masks = changed['gt_masks']
        assert len(masks) == len(changed['gt_bboxes'])
        assert masks.to_ndarray().shape[1:] == changed['img_shape'][:2]
