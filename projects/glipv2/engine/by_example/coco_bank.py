"""A bank of examples from a COCO annotation file."""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from mmengine.logging import print_log
from torch import Tensor

from ...checkpoint.example_bank import ExampleBank
from ...datasets.coco.file import read_coco_file
from ...models.exemplars.identity import vision_identity
from ...progress import progress
from ...structures.corners import corners_of
from .query_maker import QueryMaker


def bank_of_coco(
    maker: QueryMaker,
    load: Callable[[dict], dict],
    ann_file: str | Path,
    images: str | Path,
    count: int = 5,
    seed: int = 0,
    names: Sequence[str] | None = None,
) -> ExampleBank:
    """Choose boxes of each name and look at them.

    Args:
        maker: Of the model.
        load: The test pipeline's loading transform.
        ann_file: The annotation file.
        images: Folder of its images.
        count: Examples of each name; crowd boxes and those smaller than a cell are
            passed over.
        seed: Of the choice. A larger ``count`` takes the same ones, and more.
        names: Of its categories; None: all.

    Returns:
        The bank; a name without a usable box is left out, with a warning.

    Raises:
        OSError: If a file cannot be read.
        ValueError: If it is no COCO annotation file, it lacks a name, or no box can be
            used.
    """
    file = read_coco_file(str(ann_file), image_root=str(images))
    file.refuse_faults()
    file.log_repairs()
    absent = sorted(set(names or ()) - set(file.class_names))
    if absent:
        raise ValueError(f'{ann_file} has no category {", ".join(absent)}')
    named = {x['id']: x['name'] for x in file.content['categories']}
    candidates: dict[str, list[dict]] = defaultdict(list)
    for entry in file.good_annotations():
        name = named[entry['category_id']]
        if not entry['iscrowd'] and (names is None or name in names):
            candidates[name].append(entry)
    for number, name in enumerate(sorted(candidates)):
        order = np.random.default_rng((seed, number)).permutation(len(candidates[name]))
        candidates[name] = [candidates[name][place] for place in order]
    paths = {
        x['id']: str(Path(images) / x['file_name']) for x in file.content['images']
    }
    found = _look(maker, load, candidates, paths, count)
    wanted = file.class_names if names is None else names
    lacking = [name for name in wanted if name not in found]
    if lacking:
        print_log(
            f'{ann_file}: no box of {", ".join(lacking[:5])} '
            f'({len(lacking)} of {len(wanted)} names) can be an example',
            logger='current',
            level=logging.WARNING,
        )
    if not found:
        raise ValueError(f'{ann_file} has no box that can be an example')
    queries = {name: torch.stack(found[name]) for name in wanted if name in found}
    return ExampleBank(queries, vision_identity(maker.model))


def _look(
    maker: QueryMaker,
    load: Callable[[dict], dict],
    candidates: dict[str, list[dict]],
    paths: dict[int, str],
    count: int,
) -> dict[str, list[Tensor]]:
    """Look at boxes until each name has enough, or no candidate is left."""
    found: dict[str, list[Tensor]] = defaultdict(list)
    while True:
        of_image: dict[int, list[tuple[str, dict]]] = defaultdict(list)
        for name, left in candidates.items():
            lacks = count - len(found[name])
            for entry in left[:lacks]:
                of_image[entry['image_id']].append((name, entry))
            del left[:lacks]
        if not of_image:
            return {name: queries for name, queries in found.items() if queries}
        for number, entries in progress(
            list(of_image.items()), 'Images', len(of_image), lambda _: 1
        ):
            boxes = [corners_of(entry['bbox']) for _, entry in entries]
            queries, sides, cell = maker.look(load(dict(img_path=paths[number])), boxes)
            for (name, _), query, side in zip(entries, queries, sides):
                if side >= cell:
                    found[name].append(query)
