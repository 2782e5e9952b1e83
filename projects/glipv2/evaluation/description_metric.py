"""AP of objects that descriptions ask for, also by the length of the description."""

from collections.abc import Mapping, Sequence

import numpy as np
from mmdet.datasets.api_wrappers import COCOeval
from mmdet.evaluation.metrics import DODCocoMetric
from mmdet.registry import METRICS
from numpy.typing import NDArray

from ..progress import working

NOTHING = -1.0  # to measure, as COCO has it
# Words of a description, as D3's own evaluation parts them; the last has no end.
LENGTHS = dict(short=(1, 4), mid=(4, 7), long=(7, 10), very_long=(10, None))
FIGURES = ('mAP', 'mAP_50', 'mAP_75', 'mAP_s', 'mAP_m', 'mAP_l')


@METRICS.register_module()
class DescriptionMetric(DODCocoMetric):
    """D3's metric: COCO's AP, where a category is a description.

    Reads what mmdet's ``DODCocoMetric`` reads. That ends in an error when nothing is
    found or a range of lengths has no description; here they are 0 and -1.

    Args:
        ann_file: COCO-format file whose categories are descriptions.
        collect_device: As of mmdet's metric.
        outfile_prefix: As of mmdet's metric.
        backend_args: As of mmdet's metric.
        prefix: Of the figures' names.
    """

    default_prefix = 'description'

    def process(self, data_batch: Mapping, data_samples: Sequence[Mapping]) -> None:
        """Keep the boxes of a batch.

        Args:
            data_batch: Not read.
            data_samples: With ``img_id``, ``sent_ids`` (ids of the descriptions that
                were asked) and ``pred_instances``, whose labels count these.
        """
        for sample in data_samples:
            found = sample['pred_instances']
            labels = found['labels'].cpu().numpy()
            self.results.append(
                dict(
                    img_id=sample['img_id'],
                    bboxes=found['bboxes'].cpu().numpy(),
                    scores=found['scores'].cpu().numpy(),
                    labels=np.asarray(sample['sent_ids'])[labels],
                )
            )

    @working('Scoring')
    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Compute the figures.

        Args:
            results: Of all images.

        Returns:
            ``mAP``, at IoU 0.5 and 0.75 and by area, and ``mAP_short`` (one to three
            words), ``mid`` (four to six), ``long`` (seven to nine) and ``very_long``.
        """
        truth = self._coco_api
        boxes = self.results2json(results)
        if not boxes:
            # COCO's API reads no empty results.
            first = dict(
                image_id=truth.getImgIds()[0], category_id=truth.getCatIds()[0]
            )
            boxes = [dict(first, bbox=[-1, -1, 0, 0], score=0.0)]
        evaluation = COCOeval(truth, truth.loadRes(boxes), 'bbox')
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        figures = dict(zip(FIGURES, map(float, evaluation.stats)))
        precision = evaluation.eval['precision'][:, :, :, 0, -1]  # (T, R, categories)
        return figures | self._by_length(precision)

    def _by_length(self, precision: NDArray[np.float64]) -> dict[str, float]:
        names = [x['name'] for x in self._coco_api.loadCats(self._coco_api.getCatIds())]
        words = np.array([len(name.split(' ')) for name in names])
        measured = (precision > NOTHING).any((0, 1))
        found = {}
        for key, (least, end) in LENGTHS.items():
            chosen = measured & (words >= least)
            if end is not None:
                chosen &= words < end
            means = [part[part > NOTHING].mean() for part in precision[:, :, chosen].T]
            found[f'mAP_{key}'] = float(np.mean(means)) if means else NOTHING
        return found
