"""Reading images; missing and truncated files are refused."""

from collections.abc import Mapping, Sequence

import mmcv
import numpy as np
from mmcv.transforms import LoadImageFromFile
from mmdet.registry import TRANSFORMS
from mmengine import fileio

from ..renamed import refusing_old_keys
from .bad_items import BadItems

JPEG_START, JPEG_END = b'\xff\xd8', b'\xff\xd9'
JPEG_SCAN = 0xDA
PNG_START, PNG_END = b'\x89PNG\r\n\x1a\n', b'IEND\xaeB`\x82'


@TRANSFORMS.register_module()
@refusing_old_keys
class LoadImage(BadItems, LoadImageFromFile):
    """mmcv's ``LoadImageFromFile`` that refuses missing and truncated images.

    Some decoders silently fill the rest of a truncated file with grey or black.

    Args:
        on_bad: ``'error'``: such an image stops the run; ``'skip'``, for training
            only: the data set reads another one. Skips are counted in
            ``num_skipped``, and each file is logged once per process.
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
    ) -> None:
        super().__init__(
            to_float32=to_float32,
            color_type=color_type,
            imdecode_backend=imdecode_backend,
            backend_args=backend_args,
        )
        self.set_on_bad(on_bad)

    def transform(self, results: dict) -> dict | None:
        """Read the image at ``img_path``.

        Args:
            results: The sample with ``img_path``.

        Returns:
            The sample with ``img`` (H, W, C), ``img_shape`` and ``ori_shape``; None
            if the image is broken and skipped.

        Raises:
            FileNotFoundError: If there is no such file.
            OSError: If the file is truncated or not an image.
        """
        path = results['img_path']
        try:
            image = self._read(path)
        except OSError as error:
            if self.on_bad == 'error':
                raise
            self.count_skipped(path, error)
            return None
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
            f'backend_args={self.backend_args})'
        )

    def _read(self, path: str) -> np.ndarray:
        try:
            content = fileio.get(path, backend_args=self.backend_args)
        except FileNotFoundError as error:
            raise FileNotFoundError(f'the image {path} does not exist') from error
        if is_truncated(content):
            raise OSError(
                f'the image {path} is truncated: its {len(content)} bytes end before '
                'the image does'
            )
        try:
            image = mmcv.imfrombytes(
                content, flag=self.color_type, backend=self.imdecode_backend
            )
        except Exception as error:
            raise OSError(f'the image {path} cannot be read: {error}') from error
        if image is None:
            raise OSError(f'the image {path} cannot be read: it is no image')
        return image


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


def is_truncated(content: bytes) -> bool:
    """Check whether an encoded image is truncated, without decoding it.

    Args:
        content: The bytes of a file.

    Returns:
        Whether a JPEG, PNG or WebP lacks its end, or the file is empty; False for
        other formats.
    """
    if content.startswith(JPEG_START):
        scan = _find_jpeg_scan(content)
        return scan < 0 or content.rfind(JPEG_END) < scan
    if content.startswith(PNG_START):
        return PNG_END not in content
    if content[:4] == b'RIFF' and content[8:12] == b'WEBP':
        return len(content) < 8 + int.from_bytes(content[4:8], 'little')
    return len(content) == 0


def _find_jpeg_scan(content: bytes) -> int:
    # Skip the segments before the image: a thumbnail in one of them has its own end
    # marker.
    position = len(JPEG_START)
    while position + 4 <= len(content) and content[position] == 0xFF:
        marker = content[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker == JPEG_SCAN:
            return position
        position += 2 + int.from_bytes(content[position + 2 : position + 4], 'big')
    return -1
