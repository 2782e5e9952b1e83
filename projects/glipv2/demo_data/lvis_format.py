"""LVIS v1 annotations of scenes: the same images, federated."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from .categories import category_id
from .coco_format import file_head

COCO_HOST = 'http://images.cocodataset.org'
NEGATIVES = 8  # most verified negative categories of an image
NOT_EXHAUSTIVE_SHARE = 0.3  # of the images with two of a kind, one is left out


def lvis_file(
    rng: np.random.Generator,
    split: str,
    images: Sequence[dict],
    annotations: Sequence[Sequence[dict]],
    categories: Sequence[str],
    rare: int = 10,
    common: int = 100,
    frequencies: Mapping[str, str] | None = None,
) -> dict:
    """Join images and their annotations in the layout of LVIS v1.

    Some images leave one of two equal objects out and list its category in
    ``not_exhaustive_category_ids``.

    Args:
        rng: Source of all choices.
        split: Folder of the images.
        images: Per image id, file_name, height, width.
        annotations: Per image its COCO annotations.
        categories: Names of the split's categories.
        rare: Most images of a rare category (LVIS: 10).
        common: Most images of a common category (LVIS: 100).
        frequencies: ``r``, ``c`` or ``f`` per category of another split, as LVIS's val
            has those of train; None: counted in this one.

    Returns:
        The content of an lvis_*.json.
    """
    all_ids = [category_id(name) for name in categories]
    out_images, out_annotations = [], []
    for image, of_image in zip(images, annotations):
        kept, not_exhaustive = _leave_one_out(rng, of_image)
        absent = sorted(set(all_ids) - {a['category_id'] for a in of_image})
        count = min(NEGATIVES, len(absent))
        negatives = rng.choice(absent, count, replace=False) if count else []
        out_images.append(
            dict(
                image,
                # LVIS names an image by its address at COCO; readers, mmdet's
                # too, take folder and file name from behind this host.
                coco_url=f'{COCO_HOST}/{split}/{image["file_name"]}',
                flickr_url='',
                date_captured='',
                neg_category_ids=sorted(int(i) for i in negatives),
                not_exhaustive_category_ids=not_exhaustive,
            )
        )
        for annotation in kept:
            keys = ('category_id', 'bbox', 'area', 'segmentation')
            out_annotations.append(
                dict(
                    {key: annotation[key] for key in keys},
                    id=len(out_annotations) + 1,
                    image_id=image['id'],
                )
            )
    return dict(
        file_head(out_images),
        annotations=out_annotations,
        categories=_categories(
            categories, out_annotations, rare, common, frequencies or {}
        ),
    )


def _leave_one_out(
    rng: np.random.Generator, annotations: Sequence[dict]
) -> tuple[list[dict], list[int]]:
    counts = Counter(annotation['category_id'] for annotation in annotations)
    twins = sorted(number for number, count in counts.items() if count > 1)
    if not twins or rng.random() >= NOT_EXHAUSTIVE_SHARE:
        return list(annotations), []
    chosen = twins[0]
    drop = next(a for a in annotations if a['category_id'] == chosen)
    return [a for a in annotations if a is not drop], [chosen]


def _categories(
    names: Sequence[str],
    annotations: Sequence[dict],
    rare: int,
    common: int,
    frequencies: Mapping[str, str],
) -> list[dict]:
    images = defaultdict(set)
    instances = Counter()
    for annotation in annotations:
        images[annotation['category_id']].add(annotation['image_id'])
        instances[annotation['category_id']] += 1
    out = []
    for name in names:
        number = category_id(name)
        count = len(images[number])
        frequency = 'r' if count <= rare else 'c' if count <= common else 'f'
        out.append(
            {
                'id': number,
                'name': name.replace(' ', '_'),
                'synonyms': [name.replace(' ', '_')],
                'synset': f'{name.replace(" ", "_")}.n.01',
                'def': f'the emoji {name}',
                'frequency': frequencies.get(name.replace(' ', '_'), frequency),
                'image_count': count,
                'instance_count': instances[number],
            }
        )
    return out
