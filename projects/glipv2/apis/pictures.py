"""Pictures in any form: files, folders, patterns, arrays, PIL pictures."""

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

PictureInput = str | Path | np.ndarray | Image.Image


@dataclass(frozen=True)
class Picture:
    """One picture that a user gave.

    Args:
        name: File name of the results.
        source: Path, array (H, W, 3) uint8 BGR or PIL picture; None if there is none.
        item: Number of the item of the user's list that it comes from.
        error: Why there is none.
    """

    name: str
    source: PictureInput | None
    item: int = 0
    error: str | None = None


def list_pictures(inputs: object) -> list[Picture]:
    """List the pictures of whatever a user gave.

    Args:
        inputs: A path, folder, pattern (``'shots/*.jpg'``), array, PIL picture, or a
            list of them.

    Returns:
        The pictures, folders and patterns in alphabetical order. An item of a list
        without any picture stays in its place, with an error.

    Raises:
        ValueError: If there is none at all.
    """
    items = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    pictures = []
    for number, item in enumerate(items):
        try:
            sources = _expand(item)
        except ValueError as error:
            if len(items) == 1:
                raise
            pictures.append(Picture(f'{number:08d}', None, number, str(error)))
            continue
        for source in sources:
            name = f'{len(pictures):08d}.png'
            if isinstance(source, (str, Path)):
                name = Path(source).name
            pictures.append(Picture(name, source, number))
    if not pictures:
        raise ValueError('there is no picture: the list of inputs is empty')
    return pictures


def read_picture(picture: Picture, load: Callable[[dict], dict], most: float) -> dict:
    """Read a picture for the test pipeline.

    Args:
        picture: The picture.
        load: The pipeline's loading transform.
        most: Most megapixels.

    Returns:
        ``img`` (H, W, 3) BGR, ``img_shape``, ``ori_shape``, and ``img_path`` if it has
        one.

    Raises:
        OSError: If it is missing, damaged or no picture.
        ValueError: If it is too large, or an array is no picture.
    """
    source = picture.source
    if source is None:
        raise ValueError(picture.error)
    if isinstance(source, (str, Path)):
        if '://' not in str(source):
            _check_size(picture.name, *_size_of_file(source), most)
        return load(dict(img_path=str(source)))
    if isinstance(source, Image.Image):
        _check_size(picture.name, *source.size, most)
        turned = ImageOps.exif_transpose(source)  # as OpenCV turns a file
        image = np.asarray(turned.convert('RGB'))[..., ::-1]
    else:
        image = source
        if image.dtype != np.uint8 or image.ndim not in (2, 3) or not image.size:
            raise ValueError(
                f'an array must be (H, W, 3) uint8 in BGR order, but picture '
                f'{picture.name} is {image.shape} {image.dtype}'
            )
        image = image[..., None] if image.ndim == 2 else image
        if image.shape[2] not in (1, 3, 4):
            raise ValueError(
                f'picture {picture.name} has {image.shape[2]} channels, not 1, 3 or 4'
            )
        _check_size(picture.name, image.shape[1], image.shape[0], most)
        image = image[..., :3] if image.shape[2] > 1 else image.repeat(3, 2)
    image = np.ascontiguousarray(image)
    shape = image.shape[:2]
    return dict(img=image, img_shape=shape, ori_shape=shape, img_path=picture.name)


def unique_names(pictures: list[Picture]) -> list[str]:
    """Name the files of results; pictures of several folders may share a name.

    Args:
        pictures: The pictures.

    Returns:
        Per picture a name that no other has, as to the part before its ending.
    """
    seen: set[str] = set()
    names = []
    for number, picture in enumerate(pictures):
        name = picture.name
        if Path(name).stem in seen:
            name = f'{Path(name).stem}-{number:08d}{Path(name).suffix}'
        seen.add(Path(name).stem)
        names.append(name)
    return names


def _expand(item: object) -> list[PictureInput]:
    if isinstance(item, (np.ndarray, Image.Image)):
        return [item]
    if not isinstance(item, (str, Path)):
        raise ValueError(
            'a picture must be a path, a folder, a pattern, an array or a PIL picture, '
            f'but it is {type(item).__name__}'
        )
    path = Path(item)
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.suffix.lower() in IMG_EXTENSIONS)
        if not found:
            raise ValueError(f'the folder {path} holds no picture')
        return found
    if any(mark in str(item) for mark in PATTERN_MARKS) and not path.is_file():
        found = [p for p in sorted(glob.glob(str(item))) if Path(p).is_file()]
        if not found:
            raise ValueError(f'no file is like {item}')
        return found
    return [item]


def _size_of_file(path: str | Path) -> tuple[int, int]:
    """Read width and height from a file's head; (0, 0) where that is not possible."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', Image.DecompressionBombWarning)
            with Image.open(path) as image:
                return image.size
    except Image.DecompressionBombError as error:
        raise ValueError(f'picture {path} is too large: {error}') from error
    except OSError:  # the loading transform says what is wrong
        return 0, 0


def _check_size(name: str, width: int, height: int, most: float) -> None:
    if width * height > most * MEGA:
        raise ValueError(
            f'picture {name} has {width} x {height} = {width * height / MEGA:.0f} '
            f'megapixels, more than the {most:g} allowed (max_megapixels); make it '
            'smaller'
        )
