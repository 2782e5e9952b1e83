"""Items of a CocoTextDataset; problems of its file do not stop the reading."""

from collections import Counter
from collections.abc import Iterator, Sequence
from os.path import join

from ..coco_checks import check_categories, order_classes
from ..coco_text import CocoTextDataset
from ..json_file import read_json
from .item import Box, Item, corners
from .problems import CLASSES, DUPLICATE, FILE, ITEM, NO_BOXES, THIN_BOX, Problems

IMAGE_KEYS = ('id', 'file_name', 'height', 'width')
ANNOTATION_KEYS = ('id', 'image_id', 'category_id', 'bbox', 'area')


def class_names(dataset: CocoTextDataset, problems: Problems) -> Sequence[str]:
    """Read the class names of the config, or else of the file.

    Args:
        dataset: A data set that is not loaded.
        problems: Receives problems.

    Returns:
        The names; none if they cannot be read.
    """
    given = dataset._metainfo.get('classes')
    try:
        content = read_json(dataset.ann_file)
        names = check_categories(content, dataset.ann_file)
        if given is None:
            return names
        order = order_classes(given, names, dataset.ann_file)
        return [given[index] for index in order]
    except OSError as error:
        problems.add(FILE, dataset.ann_file, error)
    except ValueError as error:
        problems.add(CLASSES, dataset.ann_file, error)
    return []


def read_coco(dataset: CocoTextDataset, problems: Problems) -> Iterator[Item]:
    """Read a COCO file image by image.

    Args:
        dataset: A data set that is not loaded.
        problems: Receives problems.

    Yields:
        An item for each image.
    """
    try:
        content = read_json(dataset.ann_file)
        images, annotations = content['images'], content['annotations']
        categories = {x['id']: x['name'] for x in content['categories']}
    except (OSError, ValueError, KeyError, TypeError):
        return  # class_names reported it
    file = dataset.ann_file
    images = _complete(images, IMAGE_KEYS, f'{file}, image', problems)
    annotations = _complete(
        annotations, ANNOTATION_KEYS, f'{file}, annotation', problems
    )
    own: dict[object, list[dict]] = {image['id']: [] for image in images}
    files = {image['id']: image['file_name'] for image in images}
    for annotation in annotations:
        file_name = files.get(annotation['image_id'], '')
        where = f'{file}, annotation {annotation["id"]} of {file_name}'
        if annotation['image_id'] not in own:
            what = f'no image has the id {annotation["image_id"]}'
            problems.add(ITEM, where, what)
        elif annotation['category_id'] not in categories:
            what = f'no category has the id {annotation["category_id"]}'
            problems.add(CLASSES, where, what)
        else:
            own[annotation['image_id']].append(annotation)
    _compare_classes(dataset, categories, own, problems)
    for image in images:
        yield _item(dataset, image, own[image['id']], categories, problems)


def _item(
    dataset: CocoTextDataset,
    image: dict,
    annotations: list[dict],
    categories: dict,
    problems: Problems,
) -> Item:
    where = f'{dataset.ann_file}, {image["file_name"]}'
    boxes = []
    for annotation in annotations:
        if not annotation['area']:
            name = f'{where}, annotation {annotation["id"]}'
            problems.add(THIN_BOX, name, f'its area is {annotation["area"]!r}')
        boxes.append(
            Box(
                f'annotation {annotation["id"]}',
                corners(annotation['bbox']),
                annotation.get('segmentation'),
                bool(annotation.get('iscrowd', 0)),
            )
        )
    return Item(
        where=where,
        path=join(dataset.data_prefix.get('img', ''), image['file_name']),
        size=(image['height'], image['width']),
        boxes=boxes,
        counted=[categories[x['category_id']] for x in annotations],
    )


def _complete(
    entries: list, keys: Sequence[str], where: str, problems: Problems
) -> list[dict]:
    """Keep entries that have all keys and an id of their own."""
    kept, seen = [], set()
    for number, entry in enumerate(entries):
        lacking = [
            key for key in keys if not isinstance(entry, dict) or key not in entry
        ]
        if lacking:
            problems.add(ITEM, f'{where} {number} of the list', f'lacks {lacking}')
            continue
        if entry['id'] in seen:
            problems.add(DUPLICATE, f'{where} {entry["id"]}', 'the id is a duplicate')
            continue
        seen.add(entry['id'])
        kept.append(entry)
    return kept


def _compare_classes(
    dataset: CocoTextDataset, categories: dict, own: dict, problems: Problems
) -> None:
    counts = Counter(
        categories[annotation['category_id']]
        for annotations in own.values()
        for annotation in annotations
    )
    classes = dataset._metainfo.get('classes') or list(categories.values())
    for name in classes:
        if name not in counts and name in categories.values():
            problems.add(NO_BOXES, dataset.ann_file, repr(name))
    if dataset.allow_partial:
        return
    for name, count in counts.items():
        if name not in classes:
            problems.add(
                CLASSES,
                dataset.ann_file,
                f'{count} annotations are of {name!r}, which metainfo.classes lacks; '
                'add it, or set allow_partial=True',
            )
