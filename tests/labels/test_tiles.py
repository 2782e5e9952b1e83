"""Objects across the borders of tiles are one box, as if there were no tiles."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as rle

from glipv2.labels.answers import Answers
from glipv2.labels.job import LabelJob
from glipv2.labels.join_tiles import join_tiles
from glipv2.labels.tiles import OVERLAP, View, views_of

WIDTH, HEIGHT, SIDE = 1000, 700, 256


def seen(view: View, objects: list[dict], least: float) -> list[dict]:
    """Say what a perfect detector finds in a view: all that is visible of objects."""
    left, top, right, bottom = view.box
    found = []
    for each in objects:
        x1, y1, x2, y2 = each['box']
        box = [max(x1, left), max(y1, top), min(x2, right), min(y2, bottom)]
        width, height = box[2] - box[0], box[3] - box[1]
        shown = (right - left) / SIDE  # a large view is made small
        if width <= 0 or height <= 0 or min(width, height) < least * shown:
            continue
        part = [box[0] - left, box[1] - top, box[2] - left, box[3] - top]
        pixels = np.zeros((bottom - top, right - left), np.uint8, 'F')
        pixels[part[1] : part[3], part[0] : part[2]] = 1
        mask = rle.encode(pixels)
        mask['counts'] = mask['counts'].decode()
        share = width * height / ((x2 - x1) * (y2 - y1))
        found.append(dict(each, box=part, mask=mask, score=round(0.9 * share, 4)))
    return found


@pytest.mark.parametrize('seed', range(8))
def test_objects_are_found_once_and_whole(seed: int) -> None:
    chance = random.Random(seed)
    objects = []
    for x in range(0, WIDTH - 200, 200):  # far enough to be different ones
        for y in range(0, HEIGHT - 100, 200):
            x1, y1 = x + chance.randrange(60), y + chance.randrange(60)
            box = [
                x1,
                y1,
                x1 + chance.randrange(20, 130),
                y1 + chance.randrange(20, 130),
            ]
            objects.append(dict(name=chance.choice('ab'), box=box))
    objects.append(dict(name='c', box=[30, 40, 960, 650]))  # larger than any tile
    views = views_of(WIDTH, HEIGHT, SIDE)
    found = join_tiles(views, [seen(view, objects, 12) for view in views])
    assert sorted((x['name'], x['box']) for x in found) == sorted(
        (x['name'], x['box']) for x in objects
    )
    for each in found:
        x1, y1, x2, y2 = map(int, each['box'])
        pixels = rle.decode(each['mask'])
        assert pixels.shape == (HEIGHT, WIDTH)
        assert pixels.sum() == pixels[y1:y2, x1:x2].sum() == (x2 - x1) * (y2 - y1)
    assert [x['score'] for x in found] == sorted(x['score'] for x in found)[::-1]


def test_parts_that_no_view_sees_whole_become_one() -> None:
    # Thin: the whole image, made small, does not show it; no tile holds it.
    objects = [dict(name='a', box=[20, 300, 980, 310])]
    views = views_of(WIDTH, HEIGHT, SIDE)
    found = join_tiles(views, [seen(view, objects, 5) for view in views])
    assert [x['box'] for x in found] == [[20, 300, 980, 310]]


def test_two_objects_at_a_seam_stay_two() -> None:
    view = views_of(WIDTH, HEIGHT, SIDE)[1]
    seam = view.box[2]
    objects = [
        dict(name='a', box=[seam - 60, 20, seam + 40, 60]),
        dict(name='a', box=[seam - 40, 70, seam + 60, 110]),
        dict(name='b', box=[seam - 60, 20, seam + 40, 60]),
    ]
    views = views_of(WIDTH, HEIGHT, SIDE)
    found = join_tiles(views, [seen(view, objects, 12) for view in views])
    assert sorted(x['box'] for x in found) == sorted(x['box'] for x in objects)


@pytest.mark.parametrize('width', [64, 65, 100, 255, 1000])
@pytest.mark.parametrize('height', [10, 64, 300])
def test_tiles_cover_the_image_and_overlap(width: int, height: int) -> None:
    whole, *tiles = views_of(width, height, 64)
    assert whole.box == (0, 0, width, height)
    assert bool(tiles) == (max(width, height) > 64)
    covered = np.zeros((height, width), int)
    for tile in tiles:
        left, top, right, bottom = tile.box
        assert (right - left, bottom - top) == (min(width, 64), min(height, 64))
        covered[top:bottom, left:right] += 1
    assert not tiles or covered.min() > 0
    starts = sorted({tile.box[0] for tile in tiles})
    steps = np.diff(starts)
    assert all(step <= 64 * (1 - OVERLAP) + 1 for step in steps)


def test_a_job_with_tiles_finds_more(job_of: Callable, tmp_path: Path) -> None:
    pictures = tmp_path / 'pictures'
    pictures.mkdir()
    noise = np.random.default_rng(1).integers(0, 255, (150, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(pictures / 'a.png')
    given = job_of(tmp_path / 'labels')
    lines = [dict(file_name='a.png')]
    counts = []
    for tiles in (0, 96):
        job = LabelJob(
            pictures, tmp_path / 'labels', given.names, model=given.model, tiles=tiles
        )
        (answer,) = Answers(job, 'cpu').of(lines)
        assert (answer['width'], answer['height']) == (200, 150)
        for each in answer['objects']:
            x1, y1, x2, y2 = each['box']
            assert 0 <= x1 <= x2 <= 200 and 0 <= y1 <= y2 <= 150
        counts.append(len(answer['objects']))
    assert counts[1] > counts[0] > 0


@pytest.mark.parametrize(
    ('changes', 'match'),
    [(dict(tiles=10), 'must be >= 64'), (dict(tiles=96, names=()), 'tiles need names')],
)
def test_wrong_tiles(
    job_of: Callable, tmp_path: Path, changes: dict, match: str
) -> None:
    captions = tmp_path / 'c.jsonl' if 'names' in changes else None
    with pytest.raises(ValueError, match=match):
        job_of(tmp_path / 'labels', captions=captions, **changes)
