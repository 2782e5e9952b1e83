"""Calibrated scores of predictions."""

from collections.abc import Mapping

import torch
from mmdet.structures import DetDataSample

from ..checkpoint.calibrated import calibration_of
from ..evaluation.calibration import Calibration, calibration_from


def read_calibration(checkpoint: Mapping | None) -> Calibration | None:
    """Read the calibration of a checkpoint, if it has one.

    Args:
        checkpoint: Content of its file; None: random weights.

    Raises:
        ValueError: If it is damaged.
    """
    stored = None if checkpoint is None else calibration_of(checkpoint)
    return None if stored is None else calibration_from(stored)


def calibrate_sample(sample: DetDataSample, calibration: Calibration) -> DetDataSample:
    """Calibrate the scores of a prediction's boxes.

    Args:
        sample: With ``pred_instances`` (scores and label_names), or without boxes.
        calibration: Of the model.

    Returns:
        The sample; its boxes in the order of the new scores.
    """
    if 'pred_instances' in sample:
        found = sample.pred_instances
        scores = calibration.apply(found.scores.numpy(), list(found.label_names))
        found.scores = torch.from_numpy(scores).to(found.scores)
        order = found.scores.argsort(descending=True, stable=True)
        sample.pred_instances = found[order]
    return sample
