"""One name per place: of boxes that overlap, whatever their names, the best."""

from mmengine.structures import InstanceData

from ..models.device.compiled_operators import suppress

# Suppresses boxes of one object across classes, as in GLIP's test.
CLASS_AGNOSTIC_NMS = dict(type='nms', iou_threshold=0.6, class_agnostic=True)


def best_names(found: InstanceData) -> InstanceData:
    """Keep the best of boxes that overlap.

    Args:
        found: ``bboxes``, ``scores`` and ``labels``.

    Returns:
        The kept instances, best first.
    """
    _, rows = suppress(found.bboxes, found.scores, found.labels, CLASS_AGNOSTIC_NMS)
    return found[rows]
