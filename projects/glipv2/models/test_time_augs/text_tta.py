"""TextTTAModel: merged predictions for several views of an image, with masks."""

from collections.abc import Sequence

from mmdet.models.test_time_augs import DetTTAModel
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import bbox_flip
from mmengine.structures import InstanceData

from ..device.compiled_operators import suppress

FLIPPED_AXES = {'horizontal': (2,), 'vertical': (1,), 'diagonal': (1, 2)}


@MODELS.register_module()
class TextTTAModel(DetTTAModel):
    """mmdet's ``DetTTAModel``, with masks and label names.

    A kept box has the mask of its own view: those of other views belong to other
    boxes and are binary already.

    Args:
        tta_cfg: ``nms`` and ``max_per_img`` of the merged boxes.
        **kwargs: ``module``, the detector, and others of mmengine's ``BaseTTAModel``.
    """

    def _merge_single_sample(
        self, data_samples: Sequence[DetDataSample]
    ) -> DetDataSample:
        """Merge the views of one image.

        Args:
            data_samples: The predicted samples of the views.

        Returns:
            The sample of a view that is not flipped, if there is one, because its
            ground truth is the image's; with the merged ``pred_instances``.
        """
        merged = InstanceData.cat([unflipped(sample) for sample in data_samples])
        scores, kept = suppress(
            merged.bboxes, merged.scores, merged.labels, self.tta_cfg.nms
        )
        merged = merged[kept]
        merged.scores = scores
        merged = merged[: self.tta_cfg.max_per_img]
        upright = [sample for sample in data_samples if not sample.flip]
        result = (upright or data_samples)[0]
        result.pred_instances = merged
        return result


def unflipped(sample: DetDataSample) -> InstanceData:
    """Undo the flip of a view.

    Args:
        sample: With ``pred_instances`` in pixels of the original image.

    Returns:
        The instances in the image that is not flipped.
    """
    found = sample.pred_instances
    if not sample.flip:
        return found
    found = found.clone()
    direction = sample.flip_direction
    found.bboxes = bbox_flip(found.bboxes, sample.ori_shape, direction)
    if 'masks' in found:
        found.masks = found.masks.flip(FLIPPED_AXES[direction])
    return found
