"""Phrase grounding on Flickr30k Entities."""

from collections import defaultdict
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from mmdet.evaluation.functional import bbox_overlaps
from mmdet.evaluation.metrics import Flickr30kMetric
from mmdet.registry import METRICS

from ..progress import working

PROTOCOLS = ('any', 'merged')
ALL_BOXES = -1


@METRICS.register_module()
class Flickr30kRecall(Flickr30kMetric):
    """mmdet's ``Flickr30kMetric`` with both protocols and recall by phrase type.

    A phrase is found if one of its k best boxes has an IoU of 0.5 or more with any of
    its true boxes (``any_R@k``, MDETR's and GLIP's protocol) or with the box around
    all of them (``merged_R@k``, the older one). ``any_R@all`` is the upper bound. If
    samples have ``phrase_types``, ``any_R@k_TYPE`` are added. Phrases without a true
    box do not count. Boxes may be in any order.

    Args:
        topk: Numbers of boxes; -1 for all.
        iou_thrs: Least IoU.
        protocols: ``any`` or ``merged`` or both.
        collect_device: As for mmengine's ``BaseMetric``.
        prefix: Prefix of the results.

    Raises:
        ValueError: If a protocol is unknown.
    """

    default_prefix: ClassVar[str] = 'flickr30k'

    def __init__(
        self,
        topk: Sequence[int] = (1, 5, 10, ALL_BOXES),
        iou_thrs: float = 0.5,
        protocols: Sequence[str] = PROTOCOLS,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        if not protocols or set(protocols) - set(PROTOCOLS):
            raise ValueError(f'protocols must be of {PROTOCOLS}, not {protocols!r}')
        super().__init__(topk, iou_thrs, collect_device=collect_device, prefix=prefix)
        self.protocols = protocols

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Compare a batch.

        Args:
            data_batch: Not used.
            data_samples: Samples with ``pred_instances`` (bboxes, scores, labels: the
                phrase), ``gt_instances`` (bboxes in the original image's pixels),
                ``phrase_ids`` (per true box), ``phrases`` and, optionally,
                ``phrase_types`` (per phrase).
        """
        for sample in data_samples:
            found, true = sample['pred_instances'], sample['gt_instances']
            order = np.argsort(-found['scores'].cpu().numpy(), kind='stable')
            boxes = found['bboxes'].cpu().numpy()[order]
            labels = found['labels'].cpu().numpy()[order]
            true_boxes = np.asarray(true['bboxes'], np.float32).reshape(-1, 4)
            phrase_ids = np.asarray(sample['phrase_ids'])
            types = sample.get('phrase_types') or [()] * len(sample['phrases'])
            rows = []
            for phrase, of_phrase in enumerate(types):
                targets = true_boxes[phrase_ids == phrase]
                if len(targets):
                    hits = self._hits(boxes[labels == phrase], targets)
                    rows.append((tuple(of_phrase), hits))
            self.results.append(rows)

    @working('Scoring')
    def compute_metrics(self, results: list) -> dict[str, float]:
        """Average over all phrases and over of each type; in [0, 1], 0 without any."""
        of_kind = defaultdict(list)
        nothing = np.zeros((len(self.protocols), len(self.topk)))
        for rows in results:
            for types, hits in rows:
                for kind in ('', *types):
                    of_kind[kind].append(hits)
        figures = {}
        for kind in sorted({'', *of_kind}):
            recalls = np.mean(of_kind.get(kind, [nothing]), 0)
            for protocol, of_protocol in zip(self.protocols, recalls):
                for k, recall in zip(self.topk, of_protocol):
                    name = f'{protocol}_R@{"all" if k == ALL_BOXES else k}'
                    figures[f'{name}_{kind}' if kind else name] = float(recall)
        return figures

    def _hits(self, boxes: np.ndarray, targets: np.ndarray) -> list[list[bool]]:
        """Check, for each protocol and k, whether a phrase is found."""
        merged = np.concatenate((targets[:, :2].min(0), targets[:, 2:].max(0)))[None]
        rows = []
        for protocol in self.protocols:
            ious = bbox_overlaps(boxes, targets if protocol == 'any' else merged)
            best = ious.max(1) if len(boxes) else np.zeros(0)
            hit = best >= self.iou_thrs
            rows.append(
                [bool(hit[: None if k == ALL_BOXES else k].any()) for k in self.topk]
            )
        return rows
