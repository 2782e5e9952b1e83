"""Merging what was found in several views of an image, masks included."""

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
    """mmdet's ``DetTTAModel`` that keeps masks and the names of labels, too.

    A box that is kept has the mask of the view that found it: masks of other views
    belong to other boxes, and were cut by their own threshold already.

    Args:
        tta_cfg: ``nms`` and ``max_per_img`` of the merged boxes.
        **kwargs: ``module``, the detector, and the rest of mmengine's ``BaseTTAModel``.
    """

    def _merge_single_sample(
        self, data_samples: Sequence[DetDataSample]
    ) -> DetDataSample:
        """Merge the views of one image.

        Args:
            data_samples: Of the views, predicted in the size of the original image.

        Returns:
            The sample of a view that is not flipped, if there is one, as its ground
            truth is the image's; with ``pred_instances`` of all views.
        """
        merged = InstanceData.cat([turned_back(sample) for sample in data_samples])
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


def turned_back(sample: DetDataSample) -> InstanceData:
    """Flip what was found in a flipped view back.

    Args:
        sample: With ``pred_instances`` in the size of the original image.

    Returns:
        The instances as they lie in the image.
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
