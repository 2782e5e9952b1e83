"""Predictions of a batch of which each image may fail alone."""

from collections.abc import Mapping, Sequence

from mmdet.structures import DetDataSample
from mmengine.dataset import pseudo_collate
from torch import nn

from ..datasets.images.decode_image import reason_of


def predict_each(
    model: nn.Module, batch: Sequence[dict], settings: Mapping[str, object] | None
) -> list[DetDataSample | dict]:
    """Predict a batch; what fails with the others is tried by itself.

    Args:
        model: The detector.
        batch: Packed samples.
        settings: Values of ``test_cfg`` for this call.

    Returns:
        Per sample the prediction, on the CPU, or ``dict(error=...)``.
    """
    if not batch:
        return []
    try:
        data = model.data_preprocessor(pseudo_collate(batch), False)
        found = model(**data, mode='predict', settings=settings)
        return [x.cpu() for x in found]
    # A text that does not fit, or an image too large for the memory, fails alone.
    except (ValueError, RuntimeError, MemoryError) as error:
        if len(batch) == 1:
            return [dict(error=reason_of(error))]
        return [predict_each(model, [x], settings)[0] for x in batch]
