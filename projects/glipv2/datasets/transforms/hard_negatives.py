"""Names that are easily taken for one that is there."""

from collections.abc import Mapping, Sequence

import numpy as np

from .name_neighbours import mistakable, source_key

KINDS = ('shared', 'near')
# Near names are drawn from so many times as many nearest ones, so that they change.
POOL = 2


class HardNegatives:
    """Draws negatives that share a word with a positive, or are near to one.

    (Our addition; GLIP draws all negatives at random.)

    Args:
        shared: Share of the negatives that have a word in common with a positive.
        near: Share that is nearest to one in the text encoder's space.
        source: That encoder, as in ``resolve_text_source``; needed for ``near``.

    Raises:
        ValueError: If a share is outside [0, 1] or their sum is above 1, or ``near``
            lacks its source.
    """

    def __init__(
        self, shared: float = 0.0, near: float = 0.0, source: str | None = None
    ) -> None:
        self.shares = dict(shared=shared, near=near)
        if min(shared, near) < 0 or shared + near > 1:
            raise ValueError(
                'shares of hard negatives must be in [0, 1] together, not '
                f'{self.shares}'
            )
        if near and source is None:
            raise ValueError('near negatives need the source of a text encoder')
        self.source = None if source is None else source_key(source)

    def draw(
        self,
        names: Mapping[int, str],
        positives: Sequence[int],
        absent: Sequence[int],
        wanted: int,
    ) -> list[int]:
        """Choose negatives.

        Args:
            names: Names by label.
            positives: Labels that are there.
            absent: Labels that may be negatives, in random order.
            wanted: How many to choose.

        Returns:
            Labels, hard ones first; random ones take the place of hard ones that do
            not exist.
        """
        chosen: dict[int, None] = {}
        for kind in KINDS:
            count = round(self.shares[kind] * wanted)
            if not count:
                continue
            left = [label for label in absent if label not in chosen]
            pool = mistakable(kind, names, positives, left, self.source)[: POOL * count]
            chosen.update(dict.fromkeys(np.random.permutation(pool).tolist()[:count]))
        for label in absent:
            if len(chosen) >= wanted:
                break
            chosen.setdefault(label)
        return [int(label) for label in chosen][:wanted]
