"""The data sets inside wrappers, and their transforms."""

from collections.abc import Iterator

from mmengine.dataset import BaseDataset
from torch.utils.data import Dataset


def leaf_datasets(dataset: Dataset) -> Iterator[BaseDataset]:
    """Find the data sets that read entries themselves.

    Args:
        dataset: A data set, or a wrapper of one or several.

    Yields:
        Those of mmengine's kind.
    """
    inner = getattr(dataset, 'datasets', None) or [getattr(dataset, 'dataset', None)]
    for each in inner:
        if each is not None:
            yield from leaf_datasets(each)
    if isinstance(dataset, BaseDataset):
        yield dataset
