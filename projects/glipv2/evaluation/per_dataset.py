"""Each data set of a test run measured by its own metric, and one table of all."""

from collections.abc import Sequence
from typing import Any

from mmdet.evaluation.evaluator import MultiDatasetsEvaluator
from mmdet.registry import EVALUATOR
from mmengine.dist import is_main_process
from mmengine.logging import print_log
from mmengine.structures import BaseDataElement
from terminaltables import AsciiTable

from ..datasets.concat import NUMBER


@EVALUATOR.register_module()
class PerDatasetEvaluator(MultiDatasetsEvaluator):
    """mmdet's ``MultiDatasetsEvaluator`` for data sets of different tasks.

    There every metric reads every sample; here one reads those of its data set
    (of a ``NumberedConcatDataset``) alone. Metrics must store one result per sample,
    as mmdet's do. A metric beyond the number of data sets reads all samples.

    Args:
        metrics: One metric per data set.
        dataset_prefixes: Their names in the results.
    """

    def process(
        self, data_samples: Sequence[BaseDataElement], data_batch: Any | None = None
    ) -> None:
        """Give each sample to the metric of its data set.

        Args:
            data_samples: Predicted.
            data_batch: What was predicted on.

        Raises:
            RuntimeError: If a metric does not store one result per sample.
        """
        last = len(self.dataset_prefixes)
        samples = [
            sample.to_dict() if isinstance(sample, BaseDataElement) else sample
            for sample in data_samples
        ]
        for number, metric in enumerate(self.metrics):
            if number >= last:
                metric.process(data_batch, samples)
                continue
            for sample in samples:
                before = len(metric.results)
                if sample[NUMBER] == number:
                    metric.process(data_batch, [sample])
                else:
                    # Keeps places, by which results are joined over processes.
                    metric.results.append(None)
                if len(metric.results) != before + 1:
                    raise RuntimeError(
                        f'{type(metric).__name__} stores not one result per sample, '
                        'which PerDatasetEvaluator needs'
                    )

    def evaluate(self, size: int) -> dict:
        """Compute all figures and log them as a table.

        Args:
            size: Samples of all data sets.

        Returns:
            Figures by ``name/metric/figure``.
        """
        figures = super().evaluate(size)
        for metric in self.metrics[len(self.dataset_prefixes) :]:
            figures.update(metric.evaluate(size))
        if is_main_process():
            rows = [
                [*key.split('/', 1), f'{value:.4g}' if value == value else value]
                for key, value in figures.items()
                if isinstance(value, (int, float))
            ]
            table = AsciiTable([['data', 'figure', 'value'], *rows]).table
            print_log(f'\n{table}', logger='current')
        return figures
