"""Encoded images and Pillow's images as pixels: one way for everything that reads."""

import io
import warnings

import mmcv
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

MEGA = 1_000_000
MOST_MEGAPIXELS = 178  # where Pillow speaks of a decompression bomb
# Of these the size is known before they are decoded. Pillow's others are left out: some
# have no mark that tells them from a text, one starts another program (EPS).
KNOWN = (
    *('AVIF', 'BMP', 'DIB', 'GIF', 'JPEG', 'JPEG2000', 'PNG', 'PPM', 'SUN', 'TIFF'),
    'WEBP',
)
Image.init()
FORMATS = tuple(name for name in KNOWN if name in Image.OPEN)  # some are optional
# Ordinary images are decoded by the backend that the config names. In other formats and
# modes the backends differ (bits, transparency, orientation), so all is left to Pillow.
BACKEND_FORMATS = ('BMP', 'DIB', 'JPEG', 'MPO', 'PNG')
BACKEND_MODES = ('L', 'RGB')
OPENCV_FORMATS = ('JPEG2000',)  # of 16 bits per colour, Pillow turns white into black
WHOLE_ALPHA = {'La': 'LA', 'RGBa': 'RGBA'}
TILE_WIDTH, TILE_LENGTH = 322, 323  # tags of TIFF


class ImageTooLarge(OSError, ValueError):
    """An image is larger than allowed."""


def decode_image(
    content: bytes,
    backend: str = 'cv2',
    color_type: str = 'color',
    most: float = MOST_MEGAPIXELS,
) -> np.ndarray:
    """Decode an image; of several frames the first.

    Args:
        content: The bytes of a file.
        backend: mmcv's decoder of ordinary images.
        color_type: As in mmcv; others than ``'color'`` are left to the backend.
        most: Most megapixels.

    Returns:
        (H, W, 3) uint8 BGR, turned as its EXIF data say; of another ``color_type`` as
        mmcv.

    Raises:
        ImageTooLarge: If it is larger; it is not decoded.
        OSError: If it is no image, or cannot be decoded for any reason.
    """
    try:
        with open_image(content, most) as image:
            if image.format in OPENCV_FORMATS and image.mode == 'RGB':
                backend = 'cv2'
            elif color_type == 'color' and not (
                image.format in BACKEND_FORMATS and image.mode in BACKEND_MODES
            ):
                return pixels_of(image)
        decoded = mmcv.imfrombytes(content, flag=color_type, backend=backend)
    except ImageTooLarge:
        raise
    except Exception as error:  # decoders raise whatever they like
        raise OSError(reason_of(error)) from error
    if decoded is None:
        raise OSError(f'{backend} cannot decode it')
    return decoded


def open_image(content: bytes, most: float = MOST_MEGAPIXELS) -> Image.Image:
    """Read the header of an image.

    Args:
        content: The bytes of a file.
        most: Most megapixels.

    Returns:
        The image, not decoded.

    Raises:
        ImageTooLarge: If it is larger.
        OSError: If it is no image.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError:
        known = ', '.join(FORMATS)
        raise OSError(f'it is no image of a known format ({known})') from None
    except Image.DecompressionBombError as error:
        raise ImageTooLarge(f'it is too large: {error}') from error
    tags = getattr(image, 'tag_v2', {})
    tile = tags.get(TILE_WIDTH, 0), tags.get(TILE_LENGTH, 0)
    for width, height in (image.size, tile):
        check_size(width, height, most)
    return image


def check_size(width: int, height: int, most: float) -> None:
    """Refuse an image of too many pixels.

    Args:
        width: Pixels.
        height: Pixels.
        most: Most megapixels.

    Raises:
        ImageTooLarge: If it has more.
    """
    if width * height > most * MEGA:
        raise ImageTooLarge(
            f'it has {width} x {height} = {width * height / MEGA:.0f} megapixels, '
            f'more than the {most:g} allowed (max_megapixels); make it smaller'
        )


def pixels_of(image: Image.Image) -> np.ndarray:
    """Convert an image of Pillow, of any mode.

    More than eight bits are scaled, and transparency is left out, as OpenCV does.

    Args:
        image: The image.

    Returns:
        (H, W, 3) uint8 BGR, turned as its EXIF data say.

    Raises:
        OSError: If its file is damaged.
        ValueError: If its numbers are no brightness, or its mode has no colours.
    """
    turned = ImageOps.exif_transpose(image)
    if turned.mode == 'F' or turned.mode.startswith('I'):
        grey = _eight_bits(np.asarray(turned), turned.mode.startswith('I;16'))
        return np.repeat(grey[..., None], 3, axis=2)
    if turned.mode in WHOLE_ALPHA:
        turned = turned.convert(WHOLE_ALPHA[turned.mode])
    return np.ascontiguousarray(np.asarray(turned.convert('RGB'))[..., ::-1])


def reason_of(error: Exception) -> str:
    """Write in one line why an image cannot be used.

    Args:
        error: Of any decoder, transform or file system.

    Returns:
        Its message; where that alone says little, with the error's type.
    """
    text = ' '.join((getattr(error, 'strerror', None) or str(error)).split())
    if isinstance(error, (OSError, ValueError)) and text:
        return text
    return f'{type(error).__name__}: {text}'.rstrip(': ')


def _eight_bits(values: np.ndarray, has_sixteen: bool) -> np.ndarray:
    """Scale brightness to 0 .. 255.

    Only ``I;16`` says what its white is. Numbers of 32 bits are taken as the least of
    0 .. 1 (fractions), 8, 16 and 32 bits that holds them all.
    """
    if has_sixteen:
        return (values >> 8).astype(np.uint8)
    least, most = float(values.min()), float(values.max())
    is_float = values.dtype.kind == 'f'
    is_beyond = least < 0 or (is_float and most >= 1 << 16)
    if is_beyond or not np.isfinite((least, most)).all():
        raise ValueError(
            f'its brightness is {least:g} to {most:g}; save it with 8 bits per channel'
        )
    if is_float and most <= 1:
        return np.rint(values * 255).astype(np.uint8)
    if most < 256:
        return np.rint(values).clip(0, 255).astype(np.uint8)
    divisor = 2**8 if most < 2**16 else 2**23
    return (values // divisor).astype(np.uint8)
