"""Very long images keep a side of at least one pixel."""

import numpy as np
import pytest
from mmdet.datasets.transforms import FixScaleResize, Resize
from mmdet.registry import TRANSFORMS
from mmdet.structures.bbox import HorizontalBoxes
from mmdet.structures.mask import BitmapMasks, PolygonMasks

import glipv2  # noqa: F401 (registers the parts)

SHAPES = ((1, 900), (900, 1), (2, 2000), (1, 100_000), (3, 1700))
RESIZES = (
    dict(type='Resize', scale=(192, 192)),
    dict(type='FixScaleResize', scale=(800, 1333), backend='pillow'),
    dict(
        type='RandomChoiceResize',
        scales=[(480, 1333)],
        resize_type='FixScaleResize',
        backend='pillow',
    ),
)


def sample_of(shape: tuple[int, int]) -> dict:
    """Make an image with a box over all of it, and its mask."""
    height, width = shape
    box = np.float32([[0, 0, width, height]])
    outline = np.float32([0, 0, width, 0, width, height, 0, height])
    masks = PolygonMasks([[outline]], height, width)
    bitmap = BitmapMasks(np.ones((1, *shape), np.uint8), *shape)
    return dict(
        img=np.full((*shape, 3), 7, np.uint8),
        img_shape=shape,
        gt_bboxes=HorizontalBoxes(box),
        gt_masks=bitmap if width < 1000 else masks,
    )


@pytest.mark.parametrize('config', RESIZES, ids=lambda config: config['type'])
@pytest.mark.parametrize('shape', SHAPES)
def test_no_side_is_lost(config: dict, shape: tuple[int, int]) -> None:
    found = TRANSFORMS.build(dict(config, keep_ratio=True))(sample_of(shape))
    height, width = found['img'].shape[:2]
    assert (height, width) == found['img_shape'] and min(height, width) >= 1
    assert max(height, width) <= 1333
    assert found['scale_factor'] == (width / shape[1], height / shape[0])
    np.testing.assert_allclose(found['gt_bboxes'].tensor, [[0, 0, width, height]])
    assert (found['gt_masks'].height, found['gt_masks'].width) == (height, width)
    if isinstance(found['gt_masks'], BitmapMasks):
        assert found['gt_masks'].masks.shape == (1, height, width)


@pytest.mark.parametrize(
    ('theirs', 'config'), [(Resize, RESIZES[0]), (FixScaleResize, RESIZES[1])]
)
def test_other_images_are_resized_as_by_mmdet(theirs: type, config: dict) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (37, 83, 3), dtype=np.uint8)
    settings = {key: value for key, value in config.items() if key != 'type'}
    expected = theirs(**settings, keep_ratio=True)(dict(img=noise))
    found = TRANSFORMS.build(dict(config, keep_ratio=True))(dict(img=noise))
    np.testing.assert_array_equal(found['img'], expected['img'])
    assert found['scale_factor'] == expected['scale_factor']
