"""Instances of mmdet as marks to draw."""

from collections.abc import Sequence

import numpy as np
import torch
from mmdet.structures.mask import BaseInstanceMasks
from mmengine.structures import InstanceData

from .marks import Marks


def marks_of(
    instances: InstanceData,
    names: Sequence[str] = (),
    zoom: int = 1,
    score_thr: float = 0.0,
    colour_by_id: bool = False,
) -> Marks:
    """Choose what is drawn of instances, and in which order.

    Args:
        instances: ``bboxes`` and ``labels``; optionally ``scores``, ``label_names``,
            ``masks``, and ``track_ids``, -1 for none.
        names: By label, for instances without ``label_names``; a label beyond them is
            written as its number.
        zoom: How often each pixel of the image is repeated.
        score_thr: Least score.
        colour_by_id: Whether a colour belongs to an id, not to a label.

    Returns:
        The best first; without scores the smallest first.
    """
    boxes = getattr(instances.bboxes, 'tensor', instances.bboxes)
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    scores = np.asarray(instances.scores) if 'scores' in instances else None
    if scores is None:
        rows = np.argsort((boxes[:, 2:] - boxes[:, :2]).prod(1), kind='stable')
    else:
        rows = np.argsort(-scores, kind='stable')
        rows = rows[scores[rows] >= score_thr]
    labels = [int(label) for label in instances.labels]
    own = instances.get('label_names')
    shown = own if own is not None else [_name_of(label, names) for label in labels]
    ids = [int(x) for x in instances.get('track_ids', [-1] * len(labels))]
    shown = [f'#{x} {name}' if x >= 0 else name for x, name in zip(ids, shown)]
    numbers = [max(x, 0) for x in ids] if colour_by_id else labels
    masks = instances.get('masks')
    return Marks(
        boxes=boxes[rows] * zoom,
        labels=[numbers[row] for row in rows],
        names=[shown[row] for row in rows],
        details=['' if scores is None else f'{scores[row]:.2f}' for row in rows],
        masks=None if masks is None else _pixels_of(masks, rows, zoom),
    )


def _name_of(label: int, names: Sequence[str]) -> str:
    return names[label] if label < len(names) else str(label)


def _pixels_of(
    masks: BaseInstanceMasks | torch.Tensor | np.ndarray, rows: np.ndarray, zoom: int
) -> np.ndarray:
    """Take masks in their order, (N, H, W) bool."""
    if isinstance(masks, BaseInstanceMasks):
        masks = masks.to_ndarray()
    pixels = np.asarray(masks, bool)[rows]
    return pixels.repeat(zoom, 1).repeat(zoom, 2) if zoom > 1 else pixels
