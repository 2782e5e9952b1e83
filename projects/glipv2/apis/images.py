"""Images in any form: files, folders, patterns, arrays, PIL images."""

import glob
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
from mmdet.apis.det_inferencer import IMG_EXTENSIONS
from PIL import Image

from ..datasets.images.decode_image import (
    ImageTooLarge,
    check_size,
    pixels_of,
    reason_of,
)
from ..datasets.transforms.load_image import LoadImage

PATTERN_MARKS = '*?['
ADDRESS = re.compile(r'\w[\w+.-]*://')  # of a file on a server

ImageInput = str | Path | np.ndarray | Image.Image


@dataclass(frozen=True)
class GivenImage:
    """One image that a user gave.

    Args:
        name: File name of the results.
        source: Path, array (H, W, 3) uint8 BGR or PIL image; None if there is none.
        item: Number of the item of the user's list that it comes from.
        error: Why there is none.
    """

    name: str
    source: ImageInput | None
    item: int = 0
    error: str | None = None


def list_images(inputs: object) -> list[GivenImage]:
    """List the images of a user's input.

    Args:
        inputs: A path, folder, pattern (``'shots/*.jpg'``), array, PIL image, or a
            list of them.

    Returns:
        The images, folders and patterns in alphabetical order. An item of a list
        without any image stays in its place, with an error.

    Raises:
        ValueError: If there is none at all.
    """
    items = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    images = []
    for number, item in enumerate(items):
        try:
            sources = _expand(item)
        except ValueError as error:
            if len(items) == 1:
                raise
            images.append(GivenImage(f'{number:08d}', None, number, str(error)))
            continue
        for source in sources:
            name = f'{len(images):08d}.png'
            if isinstance(source, (str, Path)):
                name = _name_of(str(source))
            images.append(GivenImage(name, source, number))
    if not images:
        raise ValueError('there is no image: the list of inputs is empty')
    return images


def read_image(given: GivenImage, load: Callable[[dict], dict], most: float) -> dict:
    """Read an image for the test pipeline.

    Args:
        given: The image.
        load: The pipeline's loading transform.
        most: Most megapixels.

    Returns:
        ``img`` (H, W, 3) BGR, ``img_shape``, ``ori_shape``, and ``img_path`` if it has
        one.

    Raises:
        OSError: If it is missing, damaged or no image.
        ValueError: If it is too large, or an array is no image.
    """
    source = given.source
    if source is None:
        raise ValueError(given.error)
    path = given.name
    if isinstance(source, (str, Path)):
        path = str(source)
        if not isinstance(load, LoadImage):  # a loader of the user's
            return load(dict(img_path=path))
        image = load.read(path, most)
    elif isinstance(source, Image.Image):
        image = _pixels_of_pillow(given.name, source, most)
    else:
        image = _pixels_of_array(given.name, source, most)
    image = np.ascontiguousarray(image)
    shape = image.shape[:2]
    return dict(img=image, img_shape=shape, ori_shape=shape, img_path=path)


def _expand(item: object) -> list[ImageInput]:
    if isinstance(item, (np.ndarray, Image.Image)):
        return [item]
    if not isinstance(item, (str, Path)):
        raise ValueError(
            'an image must be a path, a folder, a pattern, an array or a PIL image, '
            f'but it is {type(item).__name__}'
        )
    if ADDRESS.match(str(item)):
        return [item]
    path = Path(item)
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.suffix.lower() in IMG_EXTENSIONS)
        if not found:
            raise ValueError(f'the folder {path} holds no image')
        return found
    if any(mark in str(item) for mark in PATTERN_MARKS) and not path.is_file():
        found = [p for p in sorted(glob.glob(str(item))) if Path(p).is_file()]
        if not found:
            raise ValueError(f'no file matches {item}')
        return found
    return [item]


def _name_of(path: str) -> str:
    """Name the file of a path or address."""
    if ADDRESS.match(path):
        path = unquote(urlsplit(path).path)
    return Path(path).name


def _pixels_of_pillow(name: str, image: Image.Image, most: float) -> np.ndarray:
    try:
        check_size(*image.size, most)
        return pixels_of(image)
    except ImageTooLarge as error:
        raise ImageTooLarge(f'the image {name} cannot be read: {error}') from error
    except Exception as error:  # Pillow raises many types
        raise OSError(f'the image {name} cannot be read: {reason_of(error)}') from error


def _pixels_of_array(name: str, image: np.ndarray, most: float) -> np.ndarray:
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or not image.size:
        raise ValueError(
            f'an array must be (H, W, 3) uint8 in BGR order, but image {name} is '
            f'{image.shape} {image.dtype}'
        )
    image = image[..., None] if image.ndim == 2 else image
    if image.shape[2] not in (1, 3, 4):
        raise ValueError(f'image {name} has {image.shape[2]} channels, not 1, 3 or 4')
    try:
        check_size(image.shape[1], image.shape[0], most)
    except ImageTooLarge as error:
        raise ImageTooLarge(f'the image {name} cannot be used: {error}') from error
    return image[..., :3] if image.shape[2] > 1 else image.repeat(3, 2)
