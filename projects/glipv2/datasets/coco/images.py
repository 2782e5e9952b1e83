"""File names and sizes of an annotation file's images."""

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from os.path import basename, isfile, join
from urllib.parse import urlsplit

import numpy as np

from ..images.image_header import MOST_SIDE, read_image_size
from ..images.image_path import name_on_disk
from .findings import ENTRY, Findings
from .ids import id_key

EDGE = 1.0  # pixels that a box may be over the edge, from rounding


def resolve_names(
    images: list[dict], root: str | None, prefer_url: bool, findings: Findings
) -> None:
    """Give every image a ``file_name`` below the folder of the images.

    LVIS has ``coco_url`` instead, of which the end is the name, with or without the
    folder; without it, the id is the name, as at COCO. What the first image has on disk
    is taken for all.

    Args:
        images: The images, changed in place; those without a name (None) are faults.
        root: The folder; None: not known.
        prefer_url: Whether ``coco_url`` comes before ``file_name``.
        findings: Receives faults and repairs.
    """
    ways: list[Callable[[dict], str | None]] = [_name_in_file, _end_of_url]
    ways = [*(reversed(ways) if prefer_url else ways), _last_of_url, _name_of_id]
    first = images[0] if images else {}
    best = next((way for way in ways if _exists(root, way(first))), ways[0])
    for image in images:
        name = best(image) or _any_name(image, ways, root)
        if name is None and root is not None:
            findings.add_fault(ENTRY, f'image {image["id"]}', "lacks ['file_name']")
        elif name is not None and root is not None:
            own = name_on_disk(name, partial(_exists, root)) or name
            if own != name:
                findings.repairs['spelt {} file names as they are on disk'] += 1
            name = own
        image['file_name'] = name


def fill_sizes(images: list[dict], root: str | None, findings: Findings) -> None:
    """Read sizes that are missing from the images.

    Args:
        images: The images, changed in place; their ``height`` and ``width`` become
            whole numbers from 1 to ``MOST_SIDE``, or None if ``root`` is not known.
        root: Their folder.
        findings: Receives faults and repairs.
    """
    for image in images:
        sides = image.get('height'), image.get('width')
        if _are_sides(sides):
            continue
        whole = [id_key(side) for side in sides if isinstance(side, float)]
        if len(whole) == 2 and _are_sides(whole):
            image['height'], image['width'] = whole
            continue
        image['height'] = image['width'] = None
        if root is None or image['file_name'] is None:
            continue
        try:
            size = read_image_size(join(root, image['file_name']))
        except OSError as error:
            what = f'its height and width are {sides}, and {error}'
            findings.add_fault(ENTRY, image['file_name'], what)
            continue
        if not _are_sides(size):
            what = f'a side of {max(size)} pixels; the most is {MOST_SIDE}'
            findings.add_fault(ENTRY, image['file_name'], what)
            continue
        image['height'], image['width'] = size
        findings.repairs['read the sizes of {} images from their files'] += 1


def turn_sizes(images: list[dict], root: str, findings: Findings) -> None:
    """Turn sizes that a writer took without EXIF's orientation.

    Args:
        images: Images in doubt, changed in place.
        root: Their folder.
        findings: Receives repairs.
    """
    for image in images:
        try:
            size = read_image_size(join(root, image['file_name']))
        except (OSError, TypeError):
            continue  # the loader will say so
        if size == (image['width'], image['height']):
            image['height'], image['width'] = size
            findings.repairs['turned the sizes of {} images, as EXIF says'] += 1


def frames_of(annotations: list[dict], images: list[dict]) -> np.ndarray:
    """Look up the sizes of the annotations' images.

    Args:
        annotations: n annotations.
        images: All images.

    Returns:
        (n, 2) width and height in pixels, infinite where they are not known.
    """
    row = {image['id']: index for index, image in enumerate(images)}
    sizes = np.array(
        [(image['width'] or np.inf, image['height'] or np.inf) for image in images]
    ).reshape(-1, 2)
    own = (row[entry['image_id']] for entry in annotations)
    return sizes[np.fromiter(own, np.int64, len(annotations))]


def find_turned(
    annotations: list[dict], boxes: np.ndarray, frames: np.ndarray
) -> list[Hashable]:
    """Find images whose boxes or RLE fit only the turned size.

    Args:
        annotations: n annotations.
        boxes: (n, 4) x, y, width, height, pixels, or NaN.
        frames: (n, 2) width and height in the file.

    Returns:
        Ids of the images.
    """
    ends = boxes[:, :2] + boxes[:, 2:]
    fits, fits_turned = (
        (ends <= frame + EDGE).all(1) for frame in (frames, frames[:, ::-1])
    )
    doubtful = ~fits & fits_turned
    for index, entry in enumerate(annotations):
        mask = entry.get('segmentation')
        if isinstance(mask, dict) and frames[index, 0] != frames[index, 1]:
            # An RLE has height and width, a frame width and height.
            doubtful[index] |= mask.get('size') == frames[index].tolist()
    return [annotations[index]['image_id'] for index in np.flatnonzero(doubtful)]


def _are_sides(sides: Sequence[object]) -> bool:
    return all(type(side) is int and 0 < side <= MOST_SIDE for side in sides)


def _exists(root: str | None, name: str | None) -> bool:
    return root is not None and name is not None and isfile(join(root, name))


def _any_name(image: dict, ways: list, root: str | None) -> str | None:
    names = [way(image) for way in ways]
    if not _exists(root, names[-1]):
        names.pop()  # an id is a name only if there is such a file
    return next(filter(None, names), None)


def _name_in_file(image: dict) -> str | None:
    name = image.get('file_name')
    return name if isinstance(name, str) and name.strip() else None


def _end_of_url(image: dict) -> str | None:
    url = image.get('coco_url')
    try:
        return urlsplit(url).path.lstrip('/') or None if isinstance(url, str) else None
    except ValueError:  # no address, such as 'http://['
        return None


def _last_of_url(image: dict) -> str | None:
    return basename(_end_of_url(image) or '') or None


def _name_of_id(image: dict) -> str | None:
    number = id_key(image.get('id'))
    return f'{number:012}.jpg' if type(number) is int else None
