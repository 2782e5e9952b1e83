"""Data sets one after the other, whose samples know which one they are of."""

from mmdet.datasets import ConcatDataset
from mmdet.registry import DATASETS

NUMBER = 'dataset_number'


@DATASETS.register_module()
class NumberedConcatDataset(ConcatDataset):
    """mmdet's ``ConcatDataset`` that tells each sample the number of its set.

    With ``PerDatasetEvaluator`` one test run measures several tasks.
    """

    def __getitem__(self, idx: int) -> dict:
        """Give a sample.

        Args:
            idx: Its index among all.

        Returns:
            The sample, packed; its ``data_samples`` has ``dataset_number``.
        """
        sample = super().__getitem__(idx)
        number = self.get_dataset_source(idx)
        sample['data_samples'].set_metainfo({NUMBER: number})
        return sample
