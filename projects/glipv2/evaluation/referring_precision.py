"""Referring expressions: is the object among the best boxes?"""

from collections.abc import Sequence

import numpy as np
from mmdet.evaluation.functional import bbox_overlaps
from mmdet.evaluation.metrics import RefExpMetric
from mmdet.registry import METRICS

from ..progress import working
from ..structures.corners import corners_of


@METRICS.register_module()
class ReferringPrecision(RefExpMetric):
    """mmdet's ``RefExpMetric`` for boxes in any order, or none.

    mmdet's fails without boxes, needs them sorted by score, and averages over k and
    over three data sets whichever are in the file. Here results are
    ``DATASET_precision@k`` of the data sets in the file, all @1 first, and no mean.

    Args:
        ann_file: MDETR's annotation file; its images have ``dataset_name``.
        **kwargs: As for ``RefExpMetric``: ``topk``, ``iou_thrs``.
    """

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Compare a batch.

        Args:
            data_batch: Not used.
            data_samples: Samples with ``img_id`` and ``pred_instances`` (bboxes and
                scores).

        Raises:
            ValueError: If the file does not have one box for the image.
        """
        for sample in data_samples:
            true = self.coco.imgToAnns[sample['img_id']]
            if len(true) != 1:
                raise ValueError(
                    f'image {sample["img_id"]} has {len(true)} boxes in the '
                    'annotation file of the metric, but a referring expression has '
                    'one'
                )
            target = np.array([corners_of(true[0]['bbox'])], np.float32)
            found = sample['pred_instances']
            order = np.argsort(-found['scores'].cpu().numpy(), kind='stable')
            ious = bbox_overlaps(found['bboxes'].cpu().numpy()[order], target)
            hit = ious.reshape(-1) >= self.iou_thrs
            name = self.coco.imgs[sample['img_id']]['dataset_name']
            self.results.append((name, [bool(hit[:k].any()) for k in self.topk]))

    @working('Scoring')
    def compute_metrics(self, results: list) -> dict[str, float]:
        """Average over the expressions of each data set.

        Returns:
            Shares in [0, 1]; without any sample 0 for the data sets of the file.
        """
        names = dict.fromkeys(name for name, _ in results)
        of_name = {
            name: np.mean([hits for other, hits in results if other == name], 0)
            for name in names
        }
        if not names:
            images = self.coco.imgs.values()
            none = np.zeros(len(self.topk))
            of_name = {image['dataset_name']: none for image in images}
        return {
            f'{name}_precision@{k}': float(shares[i])
            for i, k in enumerate(self.topk)
            for name, shares in of_name.items()
        }
