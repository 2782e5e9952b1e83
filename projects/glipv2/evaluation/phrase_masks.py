"""Metrics of phrase masks: union of predicted against union of true masks."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import torch
from mmdet.evaluation.metrics import RefSegMetric
from mmdet.registry import METRICS
from mmdet.structures.mask import BitmapMasks
from mmengine.evaluator import BaseMetric
from torch import BoolTensor

from ..progress import working

PRECISIONS = (0.5, 0.7, 0.9)  # PhraseCut's, of the IoU
SCORE = 0.3  # our choice


def union_true(masks: BitmapMasks) -> BoolTensor:
    """Join the true masks, (G, H, W), to (H, W) bool."""
    return torch.from_numpy(np.asarray(masks.masks).any(0))


class PredictedRegion:
    """A base of metrics that compare a phrase's predicted masks as one region.

    Args:
        score_thr: Least score of a box whose mask counts.
        **kwargs: As for mmengine's ``BaseMetric``.
    """

    def __init__(self, score_thr: float = SCORE, **kwargs) -> None:
        super().__init__(**kwargs)
        self.score_thr = score_thr

    def union_found(self, sample: dict) -> BoolTensor:
        """Join the predicted masks.

        Args:
            sample: A sample with ``pred_instances``: scores (n,), masks (n, H, W).

        Returns:
            (H, W) bool.

        Raises:
            ValueError: If there are no masks.
        """
        found = sample['pred_instances']
        if 'masks' not in found:
            raise ValueError(
                f'{sample.get("img_path")} has no predicted masks; the detector needs '
                'a mask_head'
            )
        counts = found['scores'] >= self.score_thr
        return torch.as_tensor(found['masks'])[counts].any(0).cpu()


@METRICS.register_module()
class PhraseCutMetric(PredictedRegion, BaseMetric):
    """PhraseCut's metric: the whole region of a phrase (CVPR 2020, section 5).

    Samples need ``pred_instances`` (scores, masks), ``gt_instances`` with masks of the
    original image (``LoadTextMasks`` after the resizing) and, optionally, ``subsets``.
    Results are ``cIoU`` (all intersections over all unions), ``mIoU``, ``Pr@0.5``,
    ``Pr@0.7``, ``Pr@0.9`` and ``mIoU_SUBSET``, all in [0, 1].

    Args:
        **kwargs: As for ``PredictedRegion``.
    """

    default_prefix = 'phrasecut'

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Compare a batch.

        Args:
            data_batch: Not used.
            data_samples: Samples with predictions and truth.

        Raises:
            ValueError: If masks are missing or of another size (names the image).
        """
        for sample in data_samples:
            found = self.union_found(sample)
            true = union_true(sample['gt_instances']['masks'])
            if found.shape != true.shape:
                raise ValueError(
                    f'{sample.get("img_path")}: masks of {tuple(found.shape)} were '
                    f'found, but the true ones are {tuple(true.shape)}; load them '
                    'after the resizing, which gives the original size'
                )
            common, whole = int((found & true).sum()), int((found | true).sum())
            self.results.append((common, whole, tuple(sample.get('subsets') or ())))

    @working('Scoring')
    def compute_metrics(self, results: list) -> dict[str, float]:
        """Average over all phrases, and over those of each subset."""
        results = results or [(0, 0, ())]
        common, whole = (np.array([row[i] for row in results]) for i in (0, 1))
        ious = common / whole.clip(min=1)
        figures = dict(
            cIoU=float(common.sum() / max(whole.sum(), 1)), mIoU=float(ious.mean())
        )
        for least in PRECISIONS:
            figures[f'Pr@{least}'] = float((ious >= least).mean())
        of_subset = defaultdict(list)
        for iou, (_, _, subsets) in zip(ious.tolist(), results):
            for subset in subsets:
                of_subset[subset].append(iou)
        for subset, values in sorted(of_subset.items()):
            figures[f'mIoU_{subset}'] = float(np.mean(values))
        return figures


@METRICS.register_module()
class PhraseRefSegMetric(PredictedRegion, RefSegMetric):
    """mmdet's ``RefSegMetric`` (RefCOCO) for any number of predicted masks.

    It needs as many predicted as true masks; here both are joined. Samples need
    ``gt_masks`` of the original size, which packing includes by ``meta_keys``.

    Args:
        **kwargs: As for ``PredictedRegion`` and ``RefSegMetric``.
    """

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Compare a batch.

        Args:
            data_batch: Not used.
            data_samples: Samples with predictions and ``gt_masks``.
        """
        joined = []
        for sample in data_samples:
            found = self.union_found(sample)[None]
            true = union_true(sample['gt_masks'])[None].numpy().astype(np.uint8)
            joined.append(
                dict(
                    pred_instances=dict(masks=found),
                    gt_masks=BitmapMasks(true, *true.shape[1:]),
                )
            )
        super().process(data_batch, joined)

    @working('Scoring')
    def compute_metrics(self, results: list) -> dict[str, float]:
        """Average over all expressions; in percent, 0 without any."""
        # Without expressions, or without a pixel in any: one pixel that is missed.
        is_empty = not sum(union for _, union, *_ in results)
        return super().compute_metrics([(0, 1, 0, 1)] if is_empty else results)
