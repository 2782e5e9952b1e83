"""OmniLabel's files: descriptions, and the images that are asked for them."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..text.sample_text import has_words
from .coco.boxes import find_bad_boxes
from .files.json_file import read_json

FREE = 'object_description'  # anno_info.type; all else is the name of a category
LISTS = ('images', 'descriptions', 'annotations')


@dataclass(frozen=True)
class Description:
    """A text to find.

    Args:
        id: Of the file.
        text: The text.
        free: Whether it is a free description, not the name of a category.
    """

    id: int
    text: str
    free: bool


@dataclass(frozen=True)
class Annotation:
    """An object.

    Args:
        box: x, y, width, height, pixels.
        descriptions: Ids of the descriptions that fit it.
        crowd: Whether it is a group, which is no miss.
    """

    box: tuple[float, ...]
    descriptions: tuple[int, ...]
    crowd: bool


@dataclass(frozen=True)
class AskedImage:
    """An image.

    Args:
        id: Of the file.
        file_name: Path below the images' folder.
        asked: The descriptions that it is asked for, whether they fit or not.
        objects: What is there.
    """

    id: int
    file_name: str
    asked: list[Description] = field(default_factory=list)
    objects: list[Annotation] = field(default_factory=list)


def read_omnilabel(path: str) -> list[AskedImage]:
    """Read a file such as ``dataset_all_val_v0.1.3.json``.

    Args:
        path: The file.

    Returns:
        Its images, in their order; without annotations if it has none, as for the
        test server.

    Raises:
        OSError: If there is no such file (says how it is had).
        ValueError: If it is no such file (names the item).
    """
    content = read_json(path)
    if not isinstance(content, Mapping) or not all(
        isinstance(content.get(key, []), list) for key in LISTS
    ):
        raise ValueError(f'{path} is no file of OmniLabel: it needs lists {LISTS}')
    try:
        images = {
            number: AskedImage(number, entry['file_name'])
            for number, entry in _by_id(content, 'images')
        }
        _ask(content, images)
        asked = {x: {each.id for each in image.asked} for x, image in images.items()}
        for number, entry in _by_id(content, 'annotations'):
            image, found = _object_of(number, entry, asked)
            images[image].objects.append(found)
    except ValueError as error:
        raise ValueError(f'{path}, {error}') from error
    return list(images.values())


def _by_id(content: Mapping, key: str) -> Iterator[tuple[int, dict]]:
    """List entries, whose keys are looked up where they are needed."""
    entries = content.get(key, [])
    seen: Counter[Hashable] = Counter()
    for place, entry in enumerate(entries, 1):
        number = entry.get('id') if isinstance(entry, Mapping) else None
        if not isinstance(number, int):
            raise ValueError(f'{key}, item {place} has no id: {entry!r:.60}')
        seen[number] += 1
        if seen[number] > 1:
            raise ValueError(f'{key}: id {number} is there twice')
        needed = dict(
            images=['file_name'],
            descriptions=['text', 'image_ids', 'anno_info'],
            annotations=['image_id', 'bbox', 'description_ids'],
        )
        lacking = [name for name in needed[key] if entry.get(name) is None]
        if lacking:
            raise ValueError(f'{key}, id {number} lacks {", ".join(lacking)}')
        yield number, entry


def _ask(content: Mapping, images: Mapping[int, AskedImage]) -> None:
    """Give the descriptions to their images."""
    for number, entry in _by_id(content, 'descriptions'):
        text, kind, asked = (entry[key] for key in ('text', 'anno_info', 'image_ids'))
        if not isinstance(text, str) or not has_words(text):
            raise ValueError(f'descriptions, id {number} has no words: {text!r}')
        if not isinstance(kind, Mapping) or not isinstance(asked, list):
            raise ValueError(
                f'descriptions, id {number} needs an object anno_info and a list '
                'image_ids'
            )
        found = Description(number, text, kind.get('type') == FREE)
        for image in dict.fromkeys(asked):
            if image not in images:
                raise ValueError(f'descriptions, id {number}: no image has id {image}')
            images[image].asked.append(found)


def _object_of(
    number: int, entry: Mapping, asked: Mapping[int, set[int]]
) -> tuple[int, Annotation]:
    """Read an object, and the id of its image."""
    where = f'annotations, id {number}'
    image, box, ids = (entry[key] for key in ('image_id', 'bbox', 'description_ids'))
    if image not in asked:
        raise ValueError(f'{where}: no image has id {image}')
    if not _is_box(box):
        raise ValueError(f'{where} has no box [x, y, width, height]: {box!r:.60}')
    if not isinstance(ids, list):
        raise ValueError(f'{where} needs a list description_ids, not {ids!r:.60}')
    for each in ids:
        if each not in asked[image]:
            raise ValueError(f'{where}: image {image} is not asked for {each!r:.60}')
    return image, Annotation(
        tuple(map(float, box)), tuple(ids), bool(entry.get('iscrowd'))
    )


def _is_box(box: object) -> bool:
    if not isinstance(box, Sequence) or len(box) != 4:
        return False
    if not all(type(number) in (int, float) for number in box):
        return False
    # Sizes of images are not in the file.
    bad, outside = find_bad_boxes(np.array([box], float), np.full((1, 2), np.inf))
    return not (bad | outside).any()
