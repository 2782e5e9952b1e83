"""Checks of a COCO annotation file against its categories and a class list."""

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np

from ..text.name_layout import clean_name

SHOWN = 5


def check_categories(content: dict, source: str) -> list[str]:
    """Read the class names of a COCO file, in the file's order.

    Args:
        content: The file's content.
        source: The file's path, for the errors.

    Returns:
        The category names; a name's index is its label, as in mmdet.

    Raises:
        ValueError: If a part of the file is missing, there is no category, or an id
            or a name is empty or a duplicate.
    """
    lacking = [
        part
        for part in ('images', 'annotations', 'categories')
        if not isinstance(content, dict) or not isinstance(content.get(part), list)
    ]
    if lacking:
        raise ValueError(
            f'{source} is no COCO annotation file: the lists {lacking} are missing'
        )
    categories = content['categories']
    if not categories:
        raise ValueError(f'{source} has no categories, so there is nothing to look for')
    for category in categories:
        name = category.get('name')
        if not isinstance(name, str) or not clean_name(name):
            raise ValueError(
                f'{source}: category {category.get("id")} has no name ({name!r})'
            )
    for key in ('id', 'name'):
        counts = Counter(category[key] for category in categories)
        repeated = [value for value, count in counts.items() if count > 1]
        if repeated:
            raise ValueError(
                f'{source}: several categories have the same {key}: '
                f'{repeated[:SHOWN]}; a class must have an id and a name of its own'
            )
    return [category['name'] for category in categories]


def order_classes(
    classes: Sequence[str], names: Sequence[str], source: str
) -> list[int]:
    """Sort a class list by the order of the file.

    Args:
        classes: The class names that the user gave, in any order.
        names: The category names in the file's order.
        source: The file's path, for the errors.

    Returns:
        Indices into ``classes``, sorted by the file's order.

    Raises:
        ValueError: If ``classes`` is a string or empty, has a duplicate, or a name that
            the file lacks (suggests near matches).
    """
    if isinstance(classes, str):
        raise ValueError(
            f'metainfo.classes must be a list of names or a text file with one name '
            f"per line, but it is {classes!r}; a single class is ('{classes}',)"
        )
    if len(classes) == 0:
        raise ValueError(
            'metainfo.classes is empty; give at least one name, or leave classes out '
            f'to use all categories of {source}'
        )
    repeated = [name for name, count in Counter(classes).items() if count > 1]
    if repeated:
        raise ValueError(f'metainfo.classes names {repeated[:SHOWN]} more than once')
    rank = {name: index for index, name in enumerate(names)}
    unknown = [name for name in classes if name not in rank]
    if unknown:
        hints = []
        for name in unknown[:SHOWN]:
            near = get_close_matches(str(name), names)
            hints.append(f'{name!r}' + (f' (near: {near})' if near else ''))
        if len(unknown) > SHOWN:
            hints.append(f'and {len(unknown) - SHOWN} more')
        raise ValueError(
            f'metainfo.classes has names that {source} lacks: {", ".join(hints)}'
        )
    return sorted(range(len(classes)), key=lambda index: rank[classes[index]])


def check_annotation_categories(
    content: dict, source: str, classes: Sequence[str], allow_partial: bool
) -> None:
    """Check that the category of every annotation is defined and in the class list.

    Args:
        content: The file's content.
        source: The file's path, for the errors.
        classes: The class names in use.
        allow_partial: Whether annotations of other classes are left out.

    Raises:
        ValueError: If an annotation lacks a field, its category is not in the file,
            or (unless allowed) not in the class list.
    """
    for annotation in content['annotations']:
        lacking = [
            key
            for key in ('id', 'image_id', 'category_id', 'bbox', 'area')
            if key not in annotation
        ]
        if lacking:
            raise ValueError(
                f'{source}: {_place(content, annotation)} lacks the fields {lacking}'
            )
    names = {category['id']: category['name'] for category in content['categories']}
    undefined = {
        annotation['category_id']: annotation
        for annotation in reversed(content['annotations'])
        if annotation['category_id'] not in names
    }
    if undefined:
        ids = sorted(undefined, key=str)
        example = _place(content, undefined[ids[0]])
        raise ValueError(
            f'{source}: annotations use category ids that are not among the '
            f'{len(names)} categories of the file: {ids[:SHOWN]} (first: {example})'
        )
    unwanted = Counter(
        names[annotation['category_id']] for annotation in content['annotations']
    )
    for name in classes:
        unwanted.pop(name, None)
    if unwanted and not allow_partial:
        listed = ', '.join(
            f'{name!r} ({count})' for name, count in unwanted.most_common(SHOWN)
        )
        raise ValueError(
            f'{source}: {unwanted.total()} annotations belong to {len(unwanted)} '
            f'categories that metainfo.classes lacks: {listed}. Add them, or set '
            'allow_partial=True to use only the given classes'
        )


def find_bad_boxes(content: dict) -> list[int]:
    """Find annotations with unusable boxes.

    Args:
        content: The file's content; its boxes are ``[x, y, width, height]``, pixels.

    Returns:
        Indices of annotations whose box has not four numbers, is not finite, or has
        no positive width and height.
    """
    annotations = content['annotations']
    boxes = np.full((len(annotations), 4), np.nan)
    for index, annotation in enumerate(annotations):
        box = annotation['bbox']
        if isinstance(box, (list, tuple)) and len(box) == 4:
            # Some writers save NaN as null.
            boxes[index] = [
                value if isinstance(value, (int, float)) else np.nan for value in box
            ]
    good = np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] > 0).all(axis=1)
    return np.flatnonzero(~good).tolist()


def describe_bad_boxes(content: dict, bad: Sequence[int]) -> str:
    """List annotations with unusable boxes, for an error.

    Args:
        content: The file's content.
        bad: Indices of the annotations.

    Returns:
        The first few, each with its image, annotation id and box.
    """
    shown = [
        f'{_place(content, content["annotations"][index])}: '
        f'bbox {content["annotations"][index]["bbox"]}'
        for index in bad[:SHOWN]
    ]
    if len(bad) > SHOWN:
        shown.append(f'and {len(bad) - SHOWN} more')
    return '; '.join(shown)


def _place(content: dict, annotation: dict) -> str:
    image_id = annotation.get('image_id')
    for image in content['images']:
        if image.get('id') == image_id:
            return f'{image.get("file_name")}, annotation {annotation.get("id")}'
    return f'image id {image_id}, annotation {annotation.get("id")}'
