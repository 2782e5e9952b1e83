"""Test settings that hold for one call."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

from mmengine.config import ConfigDict
from torch import nn


@contextmanager
def changed_settings(
    model: nn.Module, nms_thr: float | None = None, **settings: object
) -> Iterator[None]:
    """Change a model's test settings inside a context.

    Args:
        model: A detector with ``test_cfg``.
        nms_thr: IoU above which the box with the lower score is dropped.
        **settings: Keys of ``test_cfg`` with new values; None: as they are. A dict is
            merged into the one that is there.

    Yields:
        Nothing; afterwards the settings are what they were.
    """
    holders = [model, getattr(model, 'bbox_head', model)]
    before = [holder.test_cfg for holder in holders]
    try:
        for holder, old in zip(holders, before):
            new = ConfigDict(deepcopy(old or {}))
            if nms_thr is not None:
                new.nms = dict(new.get('nms', dict(type='nms')), iou_threshold=nms_thr)
            for key, value in settings.items():
                if isinstance(value, dict):
                    new[key] = dict(new.get(key) or {}, **value)
                elif value is not None:
                    new[key] = value
            holder.test_cfg = new
        yield
    finally:
        for holder, old in zip(holders, before):
            holder.test_cfg = old
