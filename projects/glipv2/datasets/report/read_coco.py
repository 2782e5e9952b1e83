"""Items of a CocoTextDataset; problems of its file do not stop the reading."""

from collections import Counter
from collections.abc import Iterator, Sequence
from os.path import join

from ..coco import CocoFile
from ..coco.findings import (
    BOX,
    CATEGORY,
    DUPLICATE,
    ENTRY,
    NAME,
    OUTSIDE,
    SAME_WORDS,
)
from ..coco_checks import count_others, order_classes
from ..coco_text import CocoTextDataset
from . import problems as kinds
from .item import Box, Item, corners
from .problems import CLASSES, FILE, NO_BOXES, REPAIRED, SKIPPED_BOX, Problems

KINDS = {
    ENTRY: kinds.ITEM,
    DUPLICATE: kinds.DUPLICATE,
    CATEGORY: CLASSES,
    NAME: CLASSES,
    BOX: kinds.BAD_BOX,
    OUTSIDE: kinds.OUTSIDE_BOX,
}


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
        file = dataset.read_file()
        if given is None:
            return file.class_names
        file.keep_named_root(given)
        order = order_classes(given, file.class_names, dataset.ann_file)
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
        file = dataset.read_file()
    except (OSError, ValueError):
        return  # class_names reported it
    for text in file.repairs:
        problems.add(REPAIRED, file.name, text)
    given = dataset._metainfo.get('classes')
    for fault in file.faults:
        if fault.kind == SAME_WORDS or (fault.kind == NAME and given is None):
            continue  # check_names compares them, too
        problems.add(KINDS[fault.kind], f'{file.name}, {fault.where}', fault.what)
    for fault in file.bad_boxes.values():
        kind = SKIPPED_BOX if dataset.on_bad == 'skip' else KINDS[fault.kind]
        problems.add(kind, f'{file.name}, {fault.where}', fault.what)
    file.drop_bad_boxes()
    file.keep_named_root(given or ())
    _compare_classes(dataset, file, problems)
    yield from _items(dataset, file)


def _items(dataset: CocoTextDataset, file: CocoFile) -> Iterator[Item]:
    categories = {x['id']: x['name'] for x in file.content['categories']}
    images = [image for image in file.content['images'] if image['file_name']]
    own: dict[object, list[dict]] = {image['id']: [] for image in images}
    for annotation in file.content['annotations']:
        own.get(annotation['image_id'], []).append(annotation)
    for image in images:
        name, annotations = image['file_name'], own[image['id']]
        yield Item(
            where=f'{file.name}, {name}',
            path=join(dataset.data_prefix.get('img', ''), name),
            size=(image['height'], image['width']) if image['height'] else None,
            boxes=[
                Box(
                    f'annotation {annotation["id"]}',
                    corners(annotation['bbox']),
                    annotation.get('segmentation'),
                    bool(annotation['iscrowd']),
                )
                for annotation in annotations
            ],
            counted=[categories[x['category_id']] for x in annotations],
        )


def _compare_classes(
    dataset: CocoTextDataset, file: CocoFile, problems: Problems
) -> None:
    classes = dataset._metainfo.get('classes') or file.class_names
    used = {entry['category_id'] for entry in file.content['annotations']}
    for category in file.content['categories']:
        if category['name'] in classes and category['id'] not in used:
            problems.add(NO_BOXES, file.name, repr(category['name']))
    others: Counter[str] = Counter()
    if not dataset.allow_partial:
        others = count_others(file.content, classes)
    for name, count in others.items():
        problems.add(
            CLASSES,
            file.name,
            f'{count} annotations are of {name!r}, which metainfo.classes lacks; '
            'add it, or set allow_partial=True',
        )
