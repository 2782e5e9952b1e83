"""Checks of a class list against a COCO annotation file."""

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches

from .coco.findings import SHOWN


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


def count_others(content: dict, classes: Sequence[str]) -> Counter[str]:
    """Count the annotations of categories that a class list lacks.

    Args:
        content: The file's content.
        classes: The class names in use.

    Returns:
        Numbers of annotations by category name.
    """
    names = {category['id']: category['name'] for category in content['categories']}
    counts = Counter(entry['category_id'] for entry in content['annotations'])
    return Counter(
        {names[x]: count for x, count in counts.items() if names[x] not in classes}
    )


def refuse_others(others: Counter[str], source: str) -> None:
    """Refuse annotations of categories that a class list lacks.

    Args:
        others: Of :func:`count_others`.
        source: The file's path, for the error.

    Raises:
        ValueError: If there are any.
    """
    if others:
        listed = ', '.join(
            f'{name!r} ({count})' for name, count in others.most_common(SHOWN)
        )
        raise ValueError(
            f'{source}: {others.total()} annotations belong to {len(others)} '
            f'categories that metainfo.classes lacks: {listed}. Add them, or set '
            'allow_partial=True to use only the given classes'
        )
