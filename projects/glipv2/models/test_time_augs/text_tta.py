"""TextTTAModel: merged predictions for several views of an image, with masks."""

from collections.abc import Mapping, Sequence

import torch
from mmdet.models.test_time_augs import DetTTAModel
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import bbox_flip
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData

from ...text.cutting import Cutting
from ..device.compiled_operators import suppress

FLIPPED_AXES = {'horizontal': (2,), 'vertical': (1,), 'diagonal': (1, 2)}


@MODELS.register_module()
class TextTTAModel(DetTTAModel):
    """mmdet's ``DetTTAModel``, with masks and label names.

    A kept box has the mask of its own view: those of other views belong to other
    boxes and are binary already.

    Args:
        tta_cfg: ``nms``, ``max_per_img`` or ``max_per_prompt`` of the merged boxes;
            what is not given is as in the detector's ``test_cfg``.
        **kwargs: ``module``, the detector, and others of mmengine's ``BaseTTAModel``.
    """

    def __init__(self, tta_cfg: Mapping | None = None, **kwargs) -> None:
        super().__init__(**kwargs)
        self.tta_cfg = ConfigDict({**self.module.test_cfg, **(tta_cfg or {})})

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
        upright = [sample for sample in data_samples if not sample.flip]
        result = (upright or data_samples)[0]
        result.pred_instances = self._best(merged, result)
        return result

    def _best(self, merged: InstanceData, sample: DetDataSample) -> InstanceData:
        """Keep the best boxes, which come first: of an image, or of each prompt."""
        most = self.tta_cfg.get('max_per_prompt')
        if most is None:
            return merged[: self.tta_cfg.max_per_img]
        parts = self.module.text_encoder.reader.split(sample, Cutting.of(self.tta_cfg))
        kept = torch.zeros_like(merged.labels, dtype=torch.bool)
        for part in parts:
            labels = merged.labels.new_tensor(part.labels)
            of_part = torch.isin(merged.labels, labels)
            kept |= of_part & (of_part.cumsum(0) <= most)
        return merged[kept]


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
