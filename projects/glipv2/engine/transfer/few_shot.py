"""Few-shot subsets of a COCO annotation file, as GLIP's on ODinW."""

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

SHOTS = (1, 3, 5, 10)  # GLIP
SEEDS = (3, 30, 300)  # GLIP


def subset_path(file: Path, shot: int | str, seed: int) -> Path:
    """Name a subset's file as the field does, beside the whole annotation file."""
    return file.with_name(f'fewshot_train_shot{shot}_seed{seed}.json')


def sample_few_shot(content: dict, shot: int, seed: int) -> tuple[dict, dict[str, int]]:
    """Choose images until every class has enough boxes.

    Images come in a random order; one is taken if it has a class that is still
    short. Crowd boxes do not count.

    Args:
        content: Of a COCO annotation file.
        shot: Least boxes per class.
        seed: Of the order.

    Returns:
        The subset with all annotations of its images, in the file's order, and per
        name of a class that has too few boxes how many it has.

    Raises:
        ValueError: If no image has a box.
    """
    counts: dict[int, Counter] = defaultdict(Counter)
    for annotation in content['annotations']:
        if not annotation.get('iscrowd', 0):
            counts[annotation['image_id']][annotation['category_id']] += 1
    if not counts:
        raise ValueError('no image has a box')
    total = sum(counts.values(), Counter())
    missing = {number: min(shot, total[number]) for number in total}
    taken = set()
    for image_id in np.random.default_rng(seed).permutation(sorted(counts)).tolist():
        of_image = counts[image_id]
        if any(missing[number] > 0 for number in of_image):
            taken.add(image_id)
            for number, count in of_image.items():
                missing[number] -= count
    subset = dict(
        content,
        images=[image for image in content['images'] if image['id'] in taken],
        annotations=[a for a in content['annotations'] if a['image_id'] in taken],
    )
    short = {
        category['name']: total[category['id']]
        for category in content['categories']
        if total[category['id']] < shot
    }
    return subset, short
