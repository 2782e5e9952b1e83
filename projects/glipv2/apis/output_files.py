"""Files of results: drawn images and predictions as JSON."""

from pathlib import Path

import mmcv
import numpy as np
from mmdet.structures import DetDataSample
from mmengine import fileio

from .record import record_of


def save_drawn(drawn: np.ndarray, folder: str | Path, name: str) -> None:
    """Write a drawn image.

    Args:
        drawn: (H, W, 3) RGB.
        folder: Of all results; the image is in ``vis``.
        name: Of the file.
    """
    mmcv.imwrite(drawn[..., ::-1], str(Path(folder) / 'vis' / name))


def save_record(
    sample: DetDataSample, folder: str | Path, name: str, format: str
) -> None:
    """Write a prediction with the image, task and text that it belongs to.

    Args:
        sample: The prediction.
        folder: Of all results; the file is in ``preds``.
        name: Of the image's file.
        format: As of ``Record.to_dict``.
    """
    file = Path(folder) / 'preds' / f'{Path(name).stem}.json'
    fileio.dump(record_of(sample).to_dict(format), file, ensure_ascii=False, indent=1)
