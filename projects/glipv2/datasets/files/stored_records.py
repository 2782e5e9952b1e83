"""A base of data sets whose records stay on disk."""

from abc import abstractmethod
from collections.abc import Sized

import numpy as np
from mmdet.datasets import BaseDetDataset


class StoredRecords(BaseDetDataset):
    """A data set that reads a record when its sample is read.

    mmengine's would hold all entries in every process.

    Args:
        *args: As for mmdet's ``BaseDetDataset``.
        **kwargs: As for mmdet's ``BaseDetDataset``.
    """

    @abstractmethod
    def open_records(self) -> Sized:
        """Find the records, and check what is checked before training.

        Returns:
            Something as long as there are records.
        """

    @abstractmethod
    def read_entry(self, number: int) -> dict:
        """Read a record.

        Args:
            number: Its place in the file, from 0.

        Returns:
            mmdet's entry.
        """

    def full_init(self) -> None:
        """Find the records."""
        if self._fully_initialized:
            return
        self.records = self.open_records()
        if len(self.records) == 0:
            raise ValueError(f'{self.ann_file} holds no records')
        self._chosen = self._choose()
        self._fully_initialized = True

    def __len__(self) -> int:
        self.full_init()
        return len(self.records) if self._chosen is None else len(self._chosen)

    def get_data_info(self, idx: int) -> dict:
        """Read a record.

        Args:
            idx: Index of the sample.

        Returns:
            mmdet's entry, with ``sample_idx``.

        Raises:
            ValueError: If the record is wrong (names file and place).
        """
        self.full_init()
        number = idx if self._chosen is None else int(self._chosen[idx])
        return dict(self.read_entry(number), sample_idx=idx)

    def _choose(self) -> np.ndarray | None:
        """Apply mmengine's ``indices``."""
        if self._indices is None:
            return None
        if isinstance(self._indices, int):
            every = np.arange(len(self.records))
            count = self._indices
            return every[:count] if count >= 0 else every[count:]
        return np.asarray(self._indices)
