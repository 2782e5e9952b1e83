"""Which boxes and images become labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from mmdet.evaluation.functional import bbox_overlaps

SAME_PLACE = 0.6  # IoU of boxes of one object, as in GLIP's test across classes


@dataclass(frozen=True)
class Filters:
    """Conditions that large labelling runs used; all are off but the score.

    Args:
        score: Least score of a box.
        score_of: Least score by name, in place of ``score``.
        least_boxes: Images with fewer boxes are left out.
        one_name_per_place: Whether of boxes that overlap, whatever their names, only
            the best stays.
        least_area: Of a box, in pixels.
        most_share: Most of the image that a box covers, from 0 to 1.
        most_aspect: Most of the longer side over the shorter one.
        agreement: Least IoU with a box of the same name in the mirrored view.
        no_copies: Whether of images that are the same file only the first stays.

    Raises:
        ValueError: If a number is out of range.
    """

    score: float
    score_of: Mapping[str, float] = field(default_factory=dict)
    least_boxes: int = 0
    one_name_per_place: bool = False
    least_area: float = 0.0
    most_share: float = 1.0
    most_aspect: float = float('inf')
    agreement: float = 0.0
    no_copies: bool = False

    def __post_init__(self) -> None:
        shares = dict(score=self.score, agreement=self.agreement, **self.score_of)
        for name, value in (*shares.items(), ('most_share', self.most_share)):
            if not 0 <= value <= 1:
                raise ValueError(f'{name} must be in [0, 1], but it is {value}')
        if self.most_aspect < 1:
            raise ValueError(f'most_aspect must be >= 1, but it is {self.most_aspect}')

    @property
    def least_score(self) -> float:
        """The least score that any box can have."""
        return min((self.score, *self.score_of.values()))

    def threshold(self, name: str) -> float:
        """Get the least score of a name's boxes.

        Args:
            name: As it was searched for.
        """
        return self.score_of.get(name, self.score)

    def keep(self, answer: Mapping) -> list[dict]:
        """Choose the boxes of an image.

        Args:
            answer: With ``width``, ``height`` and ``objects``, best first.

        Returns:
            The objects that stay, best first.
        """
        whole = answer['width'] * answer['height']
        kept = [each for each in answer['objects'] if self._is_wanted(each, whole)]
        return best_of_places(kept) if self.one_name_per_place else kept

    def _is_wanted(self, found: Mapping, whole: int) -> bool:
        left, top, right, bottom = found['box']
        width, height = right - left, bottom - top
        short, long = sorted((width, height))
        return (
            found['score'] >= self.threshold(found['name'])
            and width * height >= self.least_area
            and width * height <= self.most_share * whole
            and long <= self.most_aspect * short
            and found.get('agreement', 1.0) >= self.agreement
        )


def best_of_places(found: Sequence[dict], iou: float = SAME_PLACE) -> list[dict]:
    """Of boxes that overlap keep the first, whatever their names.

    Args:
        found: Objects with ``box``, best first.
        iou: Above which two boxes are one object's.

    Returns:
        Those that stay.
    """
    kept: list[dict] = []
    for each in found:
        if kept:
            boxes = np.array([other['box'] for other in kept], np.float32)
            if bbox_overlaps(np.array([each['box']], np.float32), boxes).max() > iou:
                continue
        kept.append(each)
    return kept
