"""The best detections of each category, in bounded memory."""

from collections.abc import Sequence

import numpy as np

PENDING = 1_000_000  # detections between two sortings; 32 MB

DETECTION = np.dtype(
    [
        ('image', np.int32),  # index among the file's images
        ('category', np.int32),  # index among the file's categories
        ('position', np.int32),  # in the image's predictions
        ('score', np.float32),
        ('box', np.float32, 4),  # x, y, width, height, pixels
    ]
)


def rank_detections(rows: np.ndarray) -> np.ndarray:
    """Sort detections by category, falling score, image and position.

    The order is total: it does not depend on the order of arrival.

    Args:
        rows: (n,) of ``DETECTION``.

    Returns:
        (n,) indices.
    """
    # One 64-bit key for two fields halves the sorting. Positive floats sort as their
    # bits do, and so do negative ones with their bits flipped.
    bits = rows['score'].view(np.int32)
    rising = np.where(bits < 0, bits ^ np.int32(0x7FFFFFFF), bits).astype(np.int64)
    by_score = (rows['category'].astype(np.int64) << 32) - rising
    by_image = (rows['image'].astype(np.int64) << 32) + rows['position']
    return np.lexsort((by_image, by_score))


class TopDetections:
    """Keeps the best detections of each category.

    Whenever ``pending`` rows have come, all but the best are dropped; from then on a
    full category takes only better ones than its worst. At most
    ``num_categories * topk + pending`` rows are kept, plus one image's.

    Args:
        num_categories: Number of categories.
        topk: Most detections of a category; None: all.
        pending: Rows between two sortings.
    """

    def __init__(
        self, num_categories: int, topk: int | None, pending: int = PENDING
    ) -> None:
        self.num_categories = num_categories
        self.topk = topk
        self.pending = pending
        self._start()

    def __len__(self) -> int:
        return len(self._kept) + self._num_waiting

    def may_rank(self, categories: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Check which detections may be among the best.

        Args:
            categories: (n,) int.
            scores: (n,) float32.

        Returns:
            (n,) bool.
        """
        return scores >= self._worst[categories]

    def add(self, rows: np.ndarray, masks: Sequence[dict] | None = None) -> None:
        """Add detections.

        Args:
            rows: (n,) of ``DETECTION``.
            masks: Their masks, run-length encoded, in all calls or in none.
        """
        self._waiting.append(rows)
        if masks is not None:
            encoded = np.empty(len(rows), object)
            encoded[:] = masks
            self._waiting_masks.append(encoded)
        self._num_waiting += len(rows)
        if self.topk is not None and self._num_waiting >= self.pending:
            self._clear()

    def take(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the best detections, and reset.

        Returns:
            (n,) of ``DETECTION``, sorted as by :func:`rank_detections`, and (n,) masks,
            or (0,) without masks.
        """
        self._clear()
        rows, masks = self._kept, self._kept_masks
        self._start()
        return rows, masks

    def _start(self) -> None:
        self._kept = np.empty(0, DETECTION)
        self._kept_masks = np.empty(0, object)
        self._waiting: list[np.ndarray] = []
        self._waiting_masks: list[np.ndarray] = []
        self._num_waiting = 0
        self._worst = np.full(self.num_categories, -np.inf, np.float32)

    def _clear(self) -> None:
        rows = np.concatenate([self._kept, *self._waiting])
        self._waiting.clear()
        order = rank_detections(rows)
        if self.topk is not None:
            categories = rows['category'][order]
            first = np.searchsorted(categories, categories)
            order = order[np.arange(len(order)) - first < self.topk]
        if self._waiting_masks:
            masks = np.concatenate([self._kept_masks, *self._waiting_masks])
            self._waiting_masks.clear()
            self._kept_masks = masks[order]
        self._kept = rows[order]
        self._num_waiting = 0
        if self.topk is not None:
            counts = np.bincount(self._kept['category'], minlength=self.num_categories)
            full = np.flatnonzero(counts == self.topk)
            last = counts.cumsum()[full] - 1
            self._worst[full] = self._kept['score'][last]
