"""The best detections of each category, kept while images stream by."""

from collections.abc import Sequence

import numpy as np

PENDING = 1_000_000  # detections between two clearances; 32 MB

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
    """Order detections by category, falling score, image and position.

    The order is total, so it does not depend on the order of arrival.

    Args:
        rows: (n,) of ``DETECTION``.

    Returns:
        (n,) indices.
    """
    # One key of 64 bits for two fields: half the sorting. Positive floats sort as
    # their bits do; flipping the bits of negative ones makes all of them do so.
    bits = rows['score'].view(np.int32)
    rising = np.where(bits < 0, bits ^ np.int32(0x7FFFFFFF), bits).astype(np.int64)
    by_score = (rows['category'].astype(np.int64) << 32) - rising
    by_place = (rows['image'].astype(np.int64) << 32) + rows['position']
    return np.lexsort((by_place, by_score))


class TopDetections:
    """Keeps the best detections of each category in memory that has a bound.

    Rows wait until ``pending`` of them are there; then all that are not among the
    best are dropped, and a category that is full takes only what beats its worst.
    At most ``num_categories * topk + pending`` rows are held, plus one image's.

    Args:
        num_categories: Number of categories.
        topk: Most detections of a category; None keeps all.
        pending: Rows that wait between two clearances.
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

    def wanted(self, categories: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Tell which detections may be among the best.

        Args:
            categories: (n,) int.
            scores: (n,) float32.

        Returns:
            (n,) bool.
        """
        return scores >= self._worst[categories]

    def add(self, rows: np.ndarray, masks: Sequence[dict] | None = None) -> None:
        """Take detections.

        Args:
            rows: (n,) of ``DETECTION``.
            masks: Their masks, run-length encoded; all calls give them or none.
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
        """Give the best detections and forget them.

        Returns:
            (n,) of ``DETECTION``, as :func:`rank_detections` orders them, and (n,) of
            their masks, or (0,) where there are none.
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
