"""File names of results; images of several folders may share a name."""

from collections.abc import Iterable
from pathlib import Path

from mmdet.apis.det_inferencer import IMG_EXTENSIONS


def unique_names(paths: Iterable[str | Path]) -> list[str]:
    """Name the drawn images of some images.

    Args:
        paths: Files of the images, or names.

    Returns:
        Per image a name that no other has, not even another ending of it or in other
        case; with the ending of an image that can be written.
    """
    names = [Path(path).name or 'image' for path in paths]
    seen: set[str] = set()
    unique = []
    for number, name in enumerate(names):
        stem, ending = Path(name).stem, Path(name).suffix
        if ending.lower() not in IMG_EXTENSIONS:
            stem, ending = name, '.png'
        own = stem
        while own.casefold() in seen:
            own, number = f'{stem}-{number:08d}', number + len(names)
        seen.add(own.casefold())
        unique.append(own + ending)
    return unique
