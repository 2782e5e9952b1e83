"""GroundedCaptionMetric: is what a caption mentions there, and boxed right?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from mmdet.evaluation.functional import bbox_overlaps
from mmdet.registry import METRICS
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger
from numpy.typing import NDArray

from ..progress import working
from .mentions import Mention, MentionFinder

NOTHING = -1.0  # COCO's figure for what cannot be measured


@dataclass(frozen=True)
class Described:
    """What a caption says of an image.

    Args:
        mentioned: Names in the caption, each once.
        shown: Names in the image, each once.
        boxed: Names that are mentioned, shown and boxed right.
    """

    mentioned: frozenset[str]
    shown: frozenset[str]
    boxed: frozenset[str]


@METRICS.register_module()
class GroundedCaptionMetric(BaseMetric):
    """Figures of objects in generated captions, whose phrases have boxes.

    ``DescribeImage`` in the test pipeline asks for the captions. ``CHAIR_i`` is the
    share of mentioned names that the image does not show, and ``CHAIR_s`` that of
    captions with such a name (Rohrbach et al. 2018, without its list of synonyms).
    ``boxed`` is the share of mentioned names whose best box is right,
    ``boxed_if_there`` that of those that are there, and ``mentioned`` the share of
    names that are there and are mentioned. A name counts once per image, and -1 means
    that there is nothing to measure.

    Args:
        synonyms: Other words for names, such as ``dict(person=['man', 'woman'])``.
        least_iou: Of a right box with one of the name's objects.
        **kwargs: As for mmengine's ``BaseMetric``.

    Raises:
        ValueError: If ``least_iou`` is not in (0, 1].
    """

    default_prefix = 'grounded_caption'

    def __init__(
        self,
        synonyms: Mapping[str, Sequence[str]] | None = None,
        least_iou: float = 0.5,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        if not 0 < least_iou <= 1:
            raise ValueError(f'least_iou must be in (0, 1], but it is {least_iou}')
        self.synonyms = synonyms
        self.least_iou = least_iou
        self._finder: MentionFinder | None = None

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Compare the captions of a batch with what the images show.

        Args:
            data_batch: Not used.
            data_samples: Samples with ``shown``, ``pred_caption``, ``pred_phrases``
                and ``pred_instances``, whose labels count in the phrases.

        Raises:
            KeyError: If a sample was not made by ``DescribeImage``.
        """
        if self._finder is None:
            self._finder = MentionFinder(self.dataset_meta['classes'], self.synonyms)
        for sample in data_samples:
            if 'shown' not in sample:
                raise KeyError(
                    'GroundedCaptionMetric needs DescribeImage before the packing in '
                    'the test pipeline'
                )
            truths: dict[str, list] = {}
            for each in sample['shown']:
                truths.setdefault(each['name'], []).append(each['box'])
            mentions = self._finder.find(sample['pred_caption'])
            boxed = frozenset(
                each.name
                for each in mentions
                if each.name in truths
                and self._is_right(_best_box(each, sample), truths[each.name])
            )
            names = frozenset(each.name for each in mentions)
            self.results.append(Described(names, frozenset(truths), boxed))

    @working('Scoring')
    def compute_metrics(self, results: list[Described]) -> dict[str, float]:
        """Compute the figures over all images."""
        mentioned = sum(len(x.mentioned) for x in results)
        shown = sum(len(x.shown) for x in results)
        there = sum(len(x.mentioned & x.shown) for x in results)
        boxed = sum(len(x.boxed) for x in results)
        wrong = sum(bool(x.mentioned - x.shown) for x in results)
        figures = dict(
            CHAIR_i=_share(mentioned - there, mentioned),
            CHAIR_s=_share(wrong, len(results)),
            boxed=_share(boxed, mentioned),
            boxed_if_there=_share(boxed, there),
            mentioned=_share(there, shown),
        )
        MMLogger.get_current_instance().info(
            f'{len(results)} captions mention {mentioned} names: {there} are there, '
            f'{boxed} are boxed right; the images show {shown}'
        )
        return figures

    def _is_right(self, box: NDArray[np.float32] | None, truths: list) -> bool:
        if box is None:
            return False
        overlaps = bbox_overlaps(box[None], np.array(truths, np.float32))
        return bool(overlaps.max() >= self.least_iou)


def _best_box(mention: Mention, sample: dict) -> NDArray[np.float32] | None:
    """Find the surest box of the phrases that a mention is in."""
    phrases = [
        index
        for index, phrase in enumerate(sample['pred_phrases'])
        if any(
            start < mention.end and mention.start < end
            for start, end in phrase['tokens_positive']
        )
    ]
    found = sample['pred_instances']
    labels = found['labels'].cpu().numpy()
    own = np.isin(labels, phrases)
    if not own.any():
        return None
    scores = np.where(own, found['scores'].float().cpu().numpy(), -np.inf)
    return found['bboxes'].float().cpu().numpy()[scores.argmax()]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else NOTHING
