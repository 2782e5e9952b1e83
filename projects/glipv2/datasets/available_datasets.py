"""Many data sets tested as one, of which some may not be there."""

import logging
from collections.abc import Mapping, Sequence
from os.path import join

from mmdet.datasets import ConcatDataset
from mmdet.registry import DATASETS
from mmengine import fileio
from mmengine.logging import print_log


@DATASETS.register_module()
class AvailableDatasets(ConcatDataset):
    """mmdet's ``ConcatDataset`` of those data sets whose annotation file exists.

    Every sample carries ``dataset_index`` (among the data sets that are there) and
    ``sample_index`` (among all samples), by which ``DatasetMeansEvaluator`` sorts them.

    Args:
        datasets: Configs of data sets with ``ann_file``.
        **kwargs: As of ``ConcatDataset``.

    Raises:
        FileNotFoundError: If none is there.
    """

    def __init__(self, datasets: Sequence[Mapping], **kwargs) -> None:
        files = [annotation_file(dataset) for dataset in datasets]
        there = [fileio.exists(file) for file in files]
        missing = [file for file, exists in zip(files, there) if not exists]
        if len(missing) == len(files):
            raise FileNotFoundError(
                f'none of the {len(files)} data sets is there; the first should have '
                f'{missing[0]}'
            )
        if missing:
            print_log(
                f'{len(missing)} of {len(files)} data sets are missing and left out: '
                f'{missing}',
                logger='current',
                level=logging.WARNING,
            )
        present = [dict(dataset) for dataset, exists in zip(datasets, there) if exists]
        super().__init__(present, **kwargs)

    def __getitem__(self, idx: int) -> dict:
        """Read a sample.

        Args:
            idx: Among all samples.

        Returns:
            The packed sample.
        """
        packed = super().__getitem__(idx)
        packed['data_samples'].set_metainfo(
            dict(dataset_index=self.get_dataset_source(idx), sample_index=idx)
        )
        return packed


def annotation_file(dataset: Mapping) -> str:
    """Tell where a data set's annotation file should be.

    Args:
        dataset: Its config.

    Returns:
        The path.
    """
    return join(dataset.get('data_root') or '', dataset['ann_file'])
