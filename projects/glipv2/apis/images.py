"""Images in any form: files, folders, patterns, arrays, PIL images."""

import glob
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mmdet.apis.det_inferencer import IMG_EXTENSIONS
from PIL import Image, ImageOps

MEGA = 1_000_000
PATTERN_MARKS = '*?['

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
                name = Path(source).name
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
    if isinstance(source, (str, Path)):
        if '://' not in str(source):
            _check_size(given.name, *_size_of_file(source), most)
        return load(dict(img_path=str(source)))
    if isinstance(source, Image.Image):
        _check_size(given.name, *source.size, most)
        turned = ImageOps.exif_transpose(source)  # as OpenCV turns a file
        image = np.asarray(turned.convert('RGB'))[..., ::-1]
    else:
        image = source
        if image.dtype != np.uint8 or image.ndim not in (2, 3) or not image.size:
            raise ValueError(
                f'an array must be (H, W, 3) uint8 in BGR order, but image '
                f'{given.name} is {image.shape} {image.dtype}'
            )
        image = image[..., None] if image.ndim == 2 else image
        if image.shape[2] not in (1, 3, 4):
            raise ValueError(
                f'image {given.name} has {image.shape[2]} channels, not 1, 3 or 4'
            )
        _check_size(given.name, image.shape[1], image.shape[0], most)
        image = image[..., :3] if image.shape[2] > 1 else image.repeat(3, 2)
    image = np.ascontiguousarray(image)
    shape = image.shape[:2]
    return dict(img=image, img_shape=shape, ori_shape=shape, img_path=given.name)


def unique_names(images: list[GivenImage]) -> list[str]:
    """Name the files of results; images of several folders may share a name.

    Returns:
        Per image a name that no other has, as to the part before its ending.
    """
    seen: set[str] = set()
    names = []
    for number, given in enumerate(images):
        name = given.name
        if Path(name).stem in seen:
            name = f'{Path(name).stem}-{number:08d}{Path(name).suffix}'
        seen.add(Path(name).stem)
        names.append(name)
    return names


def _expand(item: object) -> list[ImageInput]:
    if isinstance(item, (np.ndarray, Image.Image)):
        return [item]
    if not isinstance(item, (str, Path)):
        raise ValueError(
            'an image must be a path, a folder, a pattern, an array or a PIL image, '
            f'but it is {type(item).__name__}'
        )
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


def _size_of_file(path: str | Path) -> tuple[int, int]:
    """Read width and height from a file's header; (0, 0) where that fails."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', Image.DecompressionBombWarning)
            with Image.open(path) as image:
                return image.size
    except Image.DecompressionBombError as error:
        raise ValueError(f'image {path} is too large: {error}') from error
    except OSError:  # the loading transform raises the error
        return 0, 0


def _check_size(name: str, width: int, height: int, most: float) -> None:
    if width * height > most * MEGA:
        raise ValueError(
            f'image {name} has {width} x {height} = {width * height / MEGA:.0f} '
            f'megapixels, more than the {most:g} allowed (max_megapixels); make it '
            'smaller'
        )
