"""What to say when nothing was found."""

from collections.abc import Mapping, Sequence
from math import floor

from mmdet.structures import DetDataSample

SHOWN = 12  # names


def names_learnt(checkpoint: Mapping | None) -> tuple[str, ...]:
    """Read the names of the training set from a checkpoint.

    Args:
        checkpoint: Content of its file; None: there is none.

    Returns:
        The names; none if it has none.
    """
    meta = ((checkpoint or {}).get('meta') or {}).get('dataset_meta') or {}
    return tuple(meta.get('classes') or meta.get('CLASSES') or ())


class Finds:
    """Counts boxes, to explain it if there is none.

    Args:
        score: The least score that was asked for.
        learnt: Names of the training set.
    """

    def __init__(self, score: float, learnt: Sequence[str] = ()) -> None:
        self.score = score
        self.learnt = learnt
        self.boxes = self.looked = 0
        self.best = 0.0

    def add(self, sample: DetDataSample | dict) -> None:
        """Count a prediction of the inferencer; a failed one does not count."""
        if isinstance(sample, dict) or 'pred_instances' not in sample:
            return
        self.looked += 1
        self.boxes += len(sample.pred_instances)
        self.best = max(self.best, sample.get('best_score', 0.0))

    def explain_nothing(self) -> str | None:
        """Say which score would have found something, and what the weights know.

        Returns:
            One line; None if there is a box, or none was looked for.
        """
        if self.boxes or not self.looked:
            return None
        parts = [f'nothing found with a score of {self.score:g} or more']
        if self.best > 0:
            lower = floor(self.best * 100) / 100
            parts.append(
                f'the best box has {self.best:.3f}: a least score of {lower} shows it'
            )
        if self.learnt:
            more = len(self.learnt) - SHOWN
            shown = ', '.join(self.learnt[:SHOWN])
            shown += f' and {more} more' if more > 0 else ''
            parts.append(f'these weights were trained on: {shown}')
        return '; '.join(parts)
