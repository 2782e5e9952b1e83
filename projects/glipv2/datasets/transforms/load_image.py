"""Reading images; missing and truncated files are refused."""

import os
import stat
from collections.abc import Mapping, Sequence

import numpy as np
from mmcv.transforms import LoadImageFromFile
from mmdet.registry import TRANSFORMS
from mmengine import fileio

from ...renamed import refusing_old_keys
from ..bad_items import WINDOW, BadItems, ShareOfBad
from ..images.decode_image import (
    MOST_MEGAPIXELS,
    ImageTooLarge,
    decode_image,
    open_image,
    reason_of,
)
from ..images.image_header import size_of
from ..images.whole_image import is_truncated, with_its_end

MOST_BYTES = 1 << 31  # of a file: more than the largest image needs uncompressed


@TRANSFORMS.register_module()
@refusing_old_keys
class LoadImage(BadItems, LoadImageFromFile):
    """mmcv's ``LoadImageFromFile`` that refuses missing and truncated images.

    Some decoders silently fill the rest of a truncated file with grey or black. A file
    that lacks its end mark and no pixel is used, with a warning. One that has another
    size than the annotation file says is refused, because its boxes count in another
    frame; height and width may change places, as EXIF lets them, if no box then lies
    outside.

    Args:
        on_bad: ``'error'``: such an image stops the run; ``'skip'``, for training
            only: the data set reads another one. Skips are counted in
            ``num_skipped``, and each file is logged once per process.
        max_bad_share: With ``on_bad='skip'`` the run stops if more than this share of
            the last 10,000 images that one process or worker read for a data set was
            skipped; 1: never.
        max_megapixels: Larger images are refused.
        to_float32: Whether the image becomes float32 instead of uint8.
        color_type: As in mmcv.
        imdecode_backend: As in mmcv.
        backend_args: As in mmcv.
    """

    def __init__(
        self,
        on_bad: str = 'error',
        to_float32: bool = False,
        color_type: str = 'color',
        imdecode_backend: str = 'cv2',
        backend_args: dict | None = None,
        max_bad_share: float = 0.01,
        max_megapixels: float = MOST_MEGAPIXELS,
    ) -> None:
        super().__init__(
            to_float32=to_float32,
            color_type=color_type,
            imdecode_backend=imdecode_backend,
            backend_args=backend_args,
        )
        self.set_on_bad(on_bad)
        self.max_bad_share = max_bad_share
        self.max_megapixels = max_megapixels
        self._share = ShareOfBad(max_bad_share)

    def transform(self, results: dict) -> dict | None:
        """Read the image at ``img_path``.

        Args:
            results: The sample with ``img_path``.

        Returns:
            The sample with ``img`` (H, W, C), ``img_shape`` and ``ori_shape``; None
            if the image is broken and skipped.

        Raises:
            FileNotFoundError: If there is no such file.
            OSError: If the file is truncated, too large, not an image or of another
                size than stated, or too many were skipped.
        """
        path = results['img_path']
        try:
            image = self.read(path)
            refuse_other_size(results, image.shape[:2])
        except OSError as error:
            if self.on_bad == 'error':
                raise
            self._skip(path, error)
            return None
        self._share.add(is_bad=False)
        if self.to_float32:
            image = image.astype(np.float32)
        results['img'] = image
        results['img_shape'] = image.shape[:2]
        results['ori_shape'] = image.shape[:2]
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(on_bad={self.on_bad!r}, '
            f'to_float32={self.to_float32}, color_type={self.color_type!r}, '
            f'imdecode_backend={self.imdecode_backend!r}, '
            f'backend_args={self.backend_args}, max_bad_share={self.max_bad_share}, '
            f'max_megapixels={self.max_megapixels})'
        )

    def read(self, path: str, max_megapixels: float | None = None) -> np.ndarray:
        """Read an image.

        Args:
            path: Its file.
            max_megapixels: Larger images are refused; None: as in the constructor.

        Returns:
            (H, W, 3) uint8 BGR.

        Raises:
            FileNotFoundError: If there is no such file.
            OSError: If the file is truncated, too large or not an image.
        """
        most = self.max_megapixels if max_megapixels is None else max_megapixels
        content = self._whole(path, most)
        backend = self.imdecode_backend
        try:
            return decode_image(content, backend, self.color_type, most)
        except OSError as error:
            raise _named(path, error) from error

    def check(self, results: Mapping) -> None:
        """Check without decoding that an image can be used.

        Args:
            results: The sample with ``img_path``.

        Raises:
            FileNotFoundError: If there is no such file.
            OSError: If the file is truncated, too large, not an image or of another
                size than stated.
        """
        whole = self._whole(results['img_path'], self.max_megapixels)
        with open_image(whole, self.max_megapixels) as image:
            refuse_other_size(results, size_of(image))

    def _whole(self, path: str, most: float) -> bytes:
        content = _read_bytes(path, self.backend_args)
        truncated = OSError(
            f'the image {path} is truncated: its {len(content)} bytes end before the '
            'image does'
        )
        try:  # nothing is decoded whose size is not known
            open_image(content, most).close()
        except Exception as error:  # Pillow raises many types
            if is_truncated(content) and not isinstance(error, ImageTooLarge):
                raise truncated from error
            raise _named(path, error) from error
        whole = with_its_end(content)
        if whole is None:
            raise truncated
        if whole is not content:
            self.log_once(
                path, f'the image {path} lacks its end mark; it is used: no pixel lacks'
            )
        return whole

    def _skip(self, path: str, error: OSError) -> None:
        if self._share.add(is_bad=True) and self.max_bad_share < 1:
            raise OSError(
                f'{self._share} images cannot be used, more than '
                f'{self.max_bad_share:.2%} of {WINDOW} (max_bad_share); is their '
                f'folder mounted? The last one: {error}'
            ) from error
        self.count_skipped(path, error)


def refuse_other_size(results: Mapping, size: tuple[int, int]) -> None:
    """Refuse an image whose boxes count in another frame than its own.

    Args:
        results: The sample with ``img_path`` and, if they are known, ``height``,
            ``width`` and ``instances``.
        size: Height and width of the image, pixels.

    Raises:
        OSError: If it has another size than stated.
    """
    stated = results.get('height'), results.get('width')
    if None in stated or stated == size:
        return
    boxes = [instance['bbox'] for instance in results.get('instances', ())]
    if stated == size[::-1] and not any(lies_outside(box, size) for box in boxes):
        return  # turned by EXIF, and annotated as displayed
    (height, width), path = size, results['img_path']
    raise OSError(
        f'the image {path} is {width} x {height}, but the annotation file says '
        f'{stated[1]} x {stated[0]}, so its boxes count in another frame: correct its '
        'width and height, or annotate it again (check_dataset.py finds all such '
        'images)'
    )


def lies_outside(box: Sequence[float], size: tuple[int, int]) -> bool:
    """Tell whether a box lies outside an image altogether.

    Args:
        box: x1, y1, x2, y2 in pixels.
        size: Height and width of the image, pixels.
    """
    (x1, y1, x2, y2), (height, width) = box, size
    return x2 <= 0 or y2 <= 0 or x1 >= width or y1 >= height


def refuse_broken(pipeline: Sequence[Mapping]) -> list[dict]:
    """Replace mmcv's loader in a pipeline by ``LoadImage``.

    Test pipelines have mmcv's, because mmdet's ``DetInferencer`` looks for it.

    Args:
        pipeline: Configs of transforms.

    Returns:
        The changed copy.
    """
    return [
        dict(step, type='LoadImage')
        if step['type'] == 'LoadImageFromFile'
        else dict(step)
        for step in pipeline
    ]


def _read_bytes(path: str, backend_args: dict | None) -> bytes:
    try:
        if backend_args is None and '://' not in str(path):
            found = os.stat(path)  # reading a pipe or a device might never end
            if stat.S_ISDIR(found.st_mode):
                raise OSError('it is a folder')
            if not stat.S_ISREG(found.st_mode):
                raise OSError('it is no regular file')
            if found.st_size > MOST_BYTES:
                raise ImageTooLarge(f'its file has {found.st_size} bytes')
        return fileio.get(path, backend_args=backend_args)
    except FileNotFoundError as error:
        raise FileNotFoundError(f'the image {path} does not exist') from error
    except Exception as error:  # storage backends raise many types
        raise _named(path, error) from error


def _named(path: str, error: Exception) -> OSError:
    kind = ImageTooLarge if isinstance(error, ImageTooLarge) else OSError
    return kind(f'the image {path} cannot be read: {reason_of(error)}')
