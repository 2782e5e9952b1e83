"""COCO's AP, also of a model that finds nothing."""

import numpy as np
from mmdet.evaluation.metrics import CocoMetric
from mmdet.registry import METRICS
from mmdet.structures.mask import encode_mask_results


@METRICS.register_module()
class CocoTextMetric(CocoMetric):
    """mmdet's ``CocoMetric``, whose figures are there even if nothing was found.

    mmdet's then gives no figure at all, so a mean over data sets, the best checkpoint
    and a table have none. Here AP is 0 where there are true boxes, else COCO's -1.
    """

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Compute the figures.

        Args:
            results: True and predicted objects of each image, as ``CocoMetric`` keeps
                them.

        Returns:
            The figures by name.
        """
        if not any(len(found['labels']) for _, found in results):
            true, found = results[0]
            results = [(true, _one_miss(found)), *results[1:]]
        return super().compute_metrics(results)


def _one_miss(found: dict) -> dict:
    """Add a box without area, of score 0: it hits nothing, but pycocotools runs."""
    missed = dict(
        found,
        bboxes=np.zeros((1, 4), np.float32),
        scores=np.zeros(1, np.float32),
        labels=np.zeros(1, np.int64),
    )
    if 'masks' in found:
        missed['masks'] = encode_mask_results([np.zeros((1, 1), np.uint8)])
    if 'mask_scores' in found:
        missed['mask_scores'] = missed['scores']
    return missed
