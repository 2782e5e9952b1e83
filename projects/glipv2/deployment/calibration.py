"""Images that a quantised file is calibrated on."""

from pathlib import Path

import numpy as np
from mmcv.transforms import Compose
from mmdet.apis.det_inferencer import IMG_EXTENSIONS
from mmdet.registry import TRANSFORMS
from mmengine.config import Config

from ..engine.test_pipeline import steps_of

MOST = 300  # images, which is NNCF's own number


def calibration_files(folder: Path) -> list[Path]:
    """List the images to calibrate with, without reading them.

    Args:
        folder: With images.

    Returns:
        The first 300 in order of their names.

    Raises:
        OSError: If there is no such folder.
        ValueError: If the folder has no image.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f'there is no folder {folder} to calibrate int8 with')
    files = [x for x in sorted(folder.iterdir()) if x.suffix.lower() in IMG_EXTENSIONS]
    if not files:
        raise ValueError(f'the folder {folder} has no image to calibrate int8 with')
    return files[:MOST]


def read_calibration(
    folder: Path, config: Config, size: tuple[int, int] | None
) -> list[np.ndarray]:
    """Read a folder's images as an exported file takes them.

    Args:
        folder: With images, of which :func:`calibration_files` takes some.
        config: The model's, whose test pipeline resizes them.
        size: (H, W) that the file takes, pixels; None: any.

    Returns:
        Images (H, W, 3) uint8 RGB.

    Raises:
        OSError: If there is no such folder, or an image cannot be read (names it).
        ValueError: If the folder has no image.
    """
    files = calibration_files(folder)
    steps = [x for x in steps_of(config) if not x['type'].startswith('Pack')]
    # By mmdet's registry, whatever the scope is.
    prepare = Compose([TRANSFORMS.build(step) for step in steps])
    images = [prepare(dict(img_path=str(file)))['img'] for file in files]
    if size is not None:
        images = [_cut_or_pad(image, size) for image in images]
    return [np.ascontiguousarray(image[..., ::-1]) for image in images]


def _cut_or_pad(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    height, width = size
    fitting = np.zeros((height, width, 3), np.uint8)
    part = image[:height, :width]
    fitting[: part.shape[0], : part.shape[1]] = part
    return fitting
