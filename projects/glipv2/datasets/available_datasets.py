"""Many data sets tested as one; missing ones are left out."""

import logging
from collections.abc import Mapping, Sequence
from os.path import join

from mmdet.datasets import ConcatDataset
from mmdet.registry import DATASETS
from mmengine import fileio
from mmengine.logging import print_log

from ..data_page import section_of


@DATASETS.register_module()
class AvailableDatasets(ConcatDataset):
    """mmdet's ``ConcatDataset`` of the data sets whose annotation file exists.

    Every sample has ``dataset_index`` (among the available data sets) and
    ``sample_index`` (among all samples), which ``DatasetMeansEvaluator`` needs.

    Args:
        datasets: Configs of data sets with ``ann_file``.
        **kwargs: As for ``ConcatDataset``.

    Raises:
        FileNotFoundError: If no data set is available.
    """

    def __init__(self, datasets: Sequence[Mapping], **kwargs) -> None:
        files = [annotation_file(dataset) for dataset in datasets]
        available = [fileio.exists(file) for file in files]
        missing = [file for file, exists in zip(files, available) if not exists]
        if len(missing) == len(files):
            raise FileNotFoundError(
                f'none of the {len(files)} data sets is there; the first should have '
                f'{missing[0]}: see {section_of(missing[0])}'
            )
        if missing:
            print_log(
                f'{len(missing)} of {len(files)} data sets are missing and left out: '
                f'{missing}',
                logger='current',
                level=logging.WARNING,
            )
        present = [
            dict(dataset) for dataset, exists in zip(datasets, available) if exists
        ]
        super().__init__(present, **kwargs)

    def __getitem__(self, idx: int) -> dict:
        """Read a packed sample; ``idx`` counts all samples."""
        packed = super().__getitem__(idx)
        place = dict(dataset_index=self.get_dataset_source(idx), sample_index=idx)
        samples = packed['data_samples']
        # Test-time augmentation gives several views of an image.
        for sample in samples if isinstance(samples, list) else [samples]:
            sample.set_metainfo(place)
        return packed


def annotation_file(dataset: Mapping) -> str:
    """Build the path of the annotation file in a data set's config."""
    return join(dataset.get('data_root') or '', dataset['ann_file'])
