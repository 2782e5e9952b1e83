"""Sizes of images from their headers."""

from PIL import Image, UnidentifiedImageError

ORIENTATION = 0x0112  # EXIF's tag; from 5 on height and width change places
FIRST_TURNED = 5
# Of an image, pixels: JPEG's most. The pixels of a mask then fit into the 32 bits of
# pycocotools, which does not end, or takes all memory, at much more.
MOST_SIDE = 65_535


def read_image_size(path: str) -> tuple[int, int]:
    """Read the size that an image has when it is loaded, without decoding it.

    Args:
        path: The file.

    Returns:
        Height and width in pixels, turned as EXIF says.

    Raises:
        OSError: If there is no such file, or it is no image (one line).
    """
    try:
        with Image.open(path) as image:
            return size_of(image)
    except FileNotFoundError as error:
        raise FileNotFoundError(f'the image {path} does not exist') from error
    except (
        UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError,
    ) as error:  # fmt: skip
        raise OSError(f'the image {path} cannot be read: {error}') from error


def size_of(image: Image.Image) -> tuple[int, int]:
    """Tell the size that an image has when it is loaded.

    Args:
        image: The image, not decoded.

    Returns:
        Height and width in pixels, turned as EXIF says.
    """
    width, height = image.size
    orientation = image.getexif().get(ORIENTATION, 1)
    is_turned = isinstance(orientation, int) and orientation >= FIRST_TURNED
    return (width, height) if is_turned else (height, width)
