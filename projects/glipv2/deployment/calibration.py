"""Images that a quantised file is calibrated on."""

from pathlib import Path

import numpy as np
from mmcv.transforms import Compose
from mmdet.apis.det_inferencer import IMG_EXTENSIONS
from mmdet.registry import TRANSFORMS
from mmengine.config import Config

from ..engine.test_pipeline import steps_of

MOST = 300  # images, which is NNCF's own number


def read_calibration(
    folder: Path, config: Config, size: tuple[int, int] | None
) -> list[np.ndarray]:
    """Read a folder's images as an exported file takes them.

    Args:
        folder: With images; the first 300 in order of their names count.
        config: The model's, whose test pipeline resizes them.
        size: (H, W) that the file takes, pixels; None: any.

    Returns:
        Images (H, W, 3) uint8 RGB.

    Raises:
        OSError: If there is no such folder.
        ValueError: If the folder has no image.
    """
    files = [x for x in sorted(folder.iterdir()) if x.suffix.lower() in IMG_EXTENSIONS]
    if not files:
        raise ValueError(f'the folder {folder} has no image to calibrate int8 with')
    steps = [x for x in steps_of(config) if not x['type'].startswith('Pack')]
    # By mmdet's registry, whatever the scope is.
    prepare = Compose([TRANSFORMS.build(step) for step in steps])
    images = [prepare(dict(img_path=str(file)))['img'] for file in files[:MOST]]
    if size is not None:
        images = [_cut_or_pad(image, size) for image in images]
    return [np.ascontiguousarray(image[..., ::-1]) for image in images]


def _cut_or_pad(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    height, width = size
    fitting = np.zeros((height, width, 3), np.uint8)
    part = image[:height, :width]
    fitting[: part.shape[0], : part.shape[1]] = part
    return fitting
