"""How fast images with masks are read, and how far targets from polygons differ."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import mmcv
import numpy as np
from mmcv.transforms import BaseTransform
from mmdet.registry import TRANSFORMS
from mmengine.dataset import Compose
from pycocotools import mask as coco_mask

from .measure import time_in_turns

HEIGHT, WIDTH = 480, 640
SHORT = 800  # pixels of the resized image
POINTS = 24  # of a polygon; our choice, near COCO's mean
SIDES = (20, 200)  # of objects, pixels; our choice
TARGET = (28, 28)  # of the mask head
DRAWN = 'drawn whole (mmdet)'
POLYGONS = 'polygons (mmdet)'
OURS = 'LoadTextMasks'
OURS_RLE = 'LoadTextMasks, RLE'
LOADERS = {
    DRAWN: dict(type='LoadAnnotations', with_bbox=True, with_mask=True),
    POLYGONS: dict(
        type='LoadAnnotations', with_bbox=True, with_mask=True, poly2mask=False
    ),
    OURS: dict(type='LoadTextMasks'),
    OURS_RLE: dict(type='LoadTextMasks'),
}


def time_loading(folder: Path, counts: Sequence[int], repeats: int) -> list[dict]:
    """Time whole training pipelines, from the file to 800 pixels.

    Args:
        folder: Where the image is written.
        counts: Masks of an image.
        repeats: Images that are timed.

    Returns:
        Rows of the table: images a second by loader, for each count.
    """
    path = folder / 'image.jpg'
    noise = np.random.default_rng(0).integers(0, 255, (30, 40, 3)).astype(np.uint8)
    mmcv.imwrite(mmcv.imresize(noise, (WIDTH, HEIGHT)), str(path))
    pipelines = {name: _pipeline(loader) for name, loader in LOADERS.items()}
    rows = []
    for count in counts:
        instances = make_instances(count)
        as_rle = [_encoded(instance) for instance in instances]
        runs = [
            partial(_read, pipeline, path, as_rle if name == OURS_RLE else instances)
            for name, pipeline in pipelines.items()
        ]
        seconds = time_in_turns(runs, repeats)
        shown = {name: round(1 / s, 1) for name, s in zip(pipelines, seconds)}
        rows.append({'masks of an image': count} | shown)
    return rows


def compare_targets(count: int) -> dict[str, float]:
    """Compare the mask head's targets with those of masks that are drawn whole.

    Args:
        count: Objects; each has one region, its box with corners moved by up to a
            tenth of its sides.

    Returns:
        Mean IoU of the targets, from polygons and from RLE, resized and flipped.
    """
    instances = make_instances(count)
    boxes = np.array([instance['bbox'] for instance in instances])
    sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    shift = np.random.default_rng(1).uniform(-0.1, 0.1, boxes.shape)
    regions = ((boxes + shift * sides) * SHORT / HEIGHT).astype(np.float32)
    return {
        name: _mean_iou(objects, regions)
        for name, objects in (
            ('polygons', instances),
            ('RLE', [_encoded(instance) for instance in instances]),
        )
    }


def _mean_iou(instances: Sequence[Mapping], regions: np.ndarray) -> float:
    own, drawn = (
        _targets(TRANSFORMS.build(LOADERS[name]), instances, regions)
        for name in (OURS, DRAWN)
    )
    common, whole = ((own & drawn).sum((1, 2)), (own | drawn).sum((1, 2)))
    return float((common / whole).mean())


def _targets(
    load: BaseTransform, instances: Sequence[Mapping], regions: np.ndarray
) -> np.ndarray:
    sample = dict(img_path='', ori_shape=(HEIGHT, WIDTH), instances=instances)
    masks = load(sample)['gt_masks'].rescale((1333, SHORT)).flip().flip('vertical')
    height, width = masks.height, masks.width
    flipped = (width, height, width, height) - regions[:, [2, 3, 0, 1]]
    targets = masks.crop_and_resize(flipped, TARGET, np.arange(len(regions)))
    return targets.masks.astype(bool)


def make_instances(count: int) -> list[dict]:
    """Make star-shaped objects, as mmdet's entries: bbox, label, polygon."""
    draw = np.random.default_rng(count)
    instances = []
    for _ in range(count):
        sides = draw.uniform(*SIDES, 2)
        centre = sides / 2 + draw.random(2) * ((WIDTH, HEIGHT) - sides)
        angles = np.sort(draw.uniform(0, 2 * np.pi, POINTS))
        radii = draw.uniform(0.6, 1, (POINTS, 1)) * sides / 2
        points = centre + radii * np.stack((np.cos(angles), np.sin(angles)), 1)
        box = [*points.min(0).tolist(), *points.max(0).tolist()]
        polygon = points.ravel().round(2).tolist()
        instances.append(dict(bbox=box, bbox_label=0, ignore_flag=0, mask=[polygon]))
    return instances


def _pipeline(loader: Mapping) -> Compose:
    return Compose(
        [
            dict(type='LoadImage'),
            loader,
            dict(type='Resize', scale=(1333, SHORT), keep_ratio=True),
            dict(type='RandomFlip', prob=0.5),
            dict(type='PackTextDetInputs'),
        ]
    )


def _read(pipeline: Compose, path: Path, instances: Sequence[Mapping]) -> None:
    pipeline(
        dict(
            img_path=str(path),
            img_id=0,
            instances=[dict(instance) for instance in instances],
            text=('star',),
            custom_entities=True,
        )
    )


def _encoded(instance: Mapping) -> dict:
    """Encode an object's polygon as an RLE."""
    (rle,) = coco_mask.frPyObjects(instance['mask'], HEIGHT, WIDTH)
    return dict(instance, mask=dict(rle, counts=rle['counts'].decode()))
