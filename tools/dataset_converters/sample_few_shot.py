"""Cut few-shot subsets out of a COCO annotation file, as GLIP's on ODinW.

    python tools/dataset_converters/sample_few_shot.py \
        data/emoji_odinw/*/train/_annotations.coco.json

writes fewshot_train_shot{1,3,5,10}_seed{3,30,300}.json beside each file. X-shot: a
random choice of whole images with at least X boxes of every class (or all it has).
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

SHOTS = (1, 3, 5, 10)  # GLIP
SEEDS = (3, 30, 300)  # GLIP


def subset_path(file: Path, shot: int, seed: int) -> Path:
    """Name a subset's file as the field does.

    Args:
        file: The whole annotation file.
        shot: Least boxes per class.
        seed: Of the choice.

    Returns:
        Path beside the whole file.
    """
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('files', type=Path, nargs='+', help='COCO annotation files')
    parser.add_argument('--shots', type=int, nargs='+', default=SHOTS)
    parser.add_argument('--seeds', type=int, nargs='+', default=SEEDS)
    args = parser.parse_args()
    if min(args.shots) < 1 or min(args.seeds) < 0:
        parser.error('--shots must be positive, --seeds not negative')
    for file in args.files:
        try:
            content = json.loads(file.read_text())
            for shot in args.shots:
                for seed in args.seeds:
                    subset, short = sample_few_shot(content, shot, seed)
                    path = subset_path(file, shot, seed)
                    path.write_text(json.dumps(subset))
                    lacking = ''.join(f', {k} has only {n}' for k, n in short.items())
                    print(
                        f'{path}: {len(subset["images"])} images, '
                        f'{len(subset["annotations"])} boxes{lacking}'
                    )
        except (OSError, ValueError, KeyError) as error:
            sys.exit(f'{file}: {error}')


if __name__ == '__main__':
    main()
