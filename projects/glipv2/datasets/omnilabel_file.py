"""OmniLabel's files: descriptions, and the images that are asked for them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..text.sample_text import has_words
from .coco.boxes import find_bad_boxes
from .files.json_file import read_json

FREE = 'object_description'  # anno_info.type; all else is the name of a category
# The file's lists, and what their entries need beside an id.
NEEDED: dict[str, dict[str, type]] = dict(
    images=dict(file_name=str),
    descriptions=dict(text=str, image_ids=list, anno_info=dict),
    annotations=dict(image_id=int, bbox=list, description_ids=list),
)
WORDS = {str: 'a text', int: 'a number', list: 'a list', dict: 'an object'}


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
    if not isinstance(content, dict) or not all(
        isinstance(content.get(key, []), list) for key in NEEDED
    ):
        raise ValueError(
            f'{path} is no file of OmniLabel: it needs the lists {", ".join(NEEDED)}'
        )
    try:
        images = {
            number: AskedImage(number, entry['file_name'])
            for number, entry in _entries(content, 'images')
        }
        _ask(content, images)
        asked = {x: {each.id for each in image.asked} for x, image in images.items()}
        for number, entry in _entries(content, 'annotations'):
            found = _object_of(f'annotations, id {number}', entry, asked)
            images[entry['image_id']].objects.append(found)
    except ValueError as error:
        raise ValueError(f'{path}, {error}') from error
    return list(images.values())


def _entries(content: Mapping, key: str) -> Iterator[tuple[int, dict]]:
    """Give the entries of a list by their ids."""
    seen: set[int] = set()
    for place, entry in enumerate(content.get(key, []), 1):
        number = entry.get('id') if isinstance(entry, dict) else None
        if not isinstance(number, int):
            raise ValueError(f'{key}, item {place} has no id: {entry!r:.60}')
        if number in seen:
            raise ValueError(f'{key}: id {number} is there twice')
        seen.add(number)
        for name, kind in NEEDED[key].items():
            value = entry.get(name)
            ids = name.endswith('_ids')
            if not isinstance(value, kind) or (ids and not _are_numbers(value)):
                what = WORDS[kind] + (' of numbers' if ids else '')
                raise ValueError(
                    f'{key}, id {number}: {name} must be {what}, not {value!r:.60}'
                )
        yield number, entry


def _are_numbers(values: Sequence[object]) -> bool:
    return all(isinstance(value, int) for value in values)


def _ask(content: Mapping, images: Mapping[int, AskedImage]) -> None:
    """Give the descriptions to their images."""
    for number, entry in _entries(content, 'descriptions'):
        if not has_words(entry['text']):
            raise ValueError(
                f'descriptions, id {number} has no words: {entry["text"]!r:.60}'
            )
        free = entry['anno_info'].get('type') == FREE
        found = Description(number, entry['text'], free)
        for image in dict.fromkeys(entry['image_ids']):
            if image not in images:
                raise ValueError(f'descriptions, id {number}: no image has id {image}')
            images[image].asked.append(found)


def _object_of(where: str, entry: dict, asked: Mapping[int, set[int]]) -> Annotation:
    image, box, ids = (entry[key] for key in NEEDED['annotations'])
    if image not in asked:
        raise ValueError(f'{where}: no image has id {image}')
    if not _is_box(box):
        raise ValueError(f'{where} has no box [x, y, width, height]: {box!r:.60}')
    for each in ids:
        if each not in asked[image]:
            raise ValueError(f'{where}: image {image} is not asked for {each}')
    return Annotation(tuple(map(float, box)), tuple(ids), bool(entry.get('iscrowd')))


def _is_box(box: Sequence[object]) -> bool:
    if len(box) != 4 or not all(type(number) in (int, float) for number in box):
        return False
    # Sizes of images are not in the file.
    bad, outside = find_bad_boxes(np.array([box], float), np.full((1, 2), np.inf))
    return not (bad | outside).any()
