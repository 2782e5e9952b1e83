"""Figures of many data sets, their mean and their median, as ODinW reports them."""

import logging
from collections.abc import Mapping, Sequence
from statistics import median

from mmdet.evaluation.evaluator import MultiDatasetsEvaluator
from mmengine import fileio
from mmengine.dist import (
    broadcast_object_list,
    collect_results,
    get_world_size,
    is_main_process,
)
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmengine.registry import EVALUATOR
from mmengine.structures import BaseDataElement


@EVALUATOR.register_module()
class DatasetMeansEvaluator(MultiDatasetsEvaluator):
    """mmdet's ``MultiDatasetsEvaluator`` with means, for ``AvailableDatasets``.

    A sample goes to its data set's metric only (there: to every metric, which 35 data
    sets then all hold), and a sample that a distributed sampler reads twice counts
    once. Figures have the names ``DATASET/METRIC/FIGURE``. In addition come
    ``mean/METRIC/FIGURE`` and ``median/METRIC/FIGURE`` of each figure that all data
    sets have, ``datasets/covered`` and ``datasets/total``.

    The data sets may be of different tasks, each with a metric of its own kind. A
    metric beyond the number of data sets (as of ``tools/test.py --out``) sees all
    samples.

    Args:
        metrics: Configs of metrics, one for each data set. One whose ``ann_file`` is
            not there belongs to a data set that ``AvailableDatasets`` leaves out.
        dataset_prefixes: Names of the data sets.

    Raises:
        ValueError: If there are more or fewer metrics than names.
    """

    def __init__(
        self, metrics: Sequence[Mapping], dataset_prefixes: Sequence[str]
    ) -> None:
        if len(metrics) != len(dataset_prefixes):
            raise ValueError(
                f'{len(metrics)} metrics, but {len(dataset_prefixes)} dataset_prefixes'
            )
        there = [
            'ann_file' not in metric or fileio.exists(metric['ann_file'])
            for metric in metrics
        ]
        named = list(zip(dataset_prefixes, there))
        self.missing = [name for name, exists in named if not exists]
        super().__init__(
            [dict(metric) for metric, exists in zip(metrics, there) if exists],
            [name for name, exists in named if exists],
        )
        self._places: list[list[int]] = [[] for _ in self.metrics]

    def process(
        self, data_samples: Sequence[BaseDataElement], data_batch: dict | None = None
    ) -> None:
        """Give each sample to its data set's metric.

        Args:
            data_samples: Predictions with what ``AvailableDatasets`` added.
            data_batch: What the data loader gave.
        """
        for sample in data_samples:
            index = sample.dataset_index
            self._places[index].append(sample.sample_index)
            read = [sample.cpu().to_dict()]
            for metric in (self.metrics[index], *self._of_all_samples):
                metric.process(data_batch, read)

    def evaluate(self, size: int) -> dict[str, float]:
        """Compute all figures and their means, and start anew.

        Args:
            size: Number of samples of all data sets.

        Returns:
            The figures, the same in every process.

        Raises:
            ValueError: If there are more or fewer data sets than metrics.
        """
        ends = self._get_cumulative_sizes()
        if len(ends) != len(self._places):
            raise ValueError(
                f'{len(ends)} data sets were tested, but {len(self._places)} metrics '
                'have an annotation file; both must name the same files'
            )
        of_dataset = {}
        for index, (name, metric) in enumerate(
            zip(self.dataset_prefixes, self.metrics)
        ):
            count = ends[index] - (ends[index - 1] if index else 0)
            of_dataset[name] = self._figures_of(index, metric, count)
        self._places = [[] for _ in self.metrics]
        figures = [None]
        if is_main_process():
            figures = [self._with_means(of_dataset)]
        broadcast_object_list(figures)
        for metric in self._of_all_samples:
            figures[0].update(metric.evaluate(size))
        return figures[0]

    @property
    def _of_all_samples(self) -> list[BaseMetric]:
        return self.metrics[len(self.dataset_prefixes) :]

    def _figures_of(self, index: int, metric: BaseMetric, count: int) -> dict:
        if type(metric).evaluate is not BaseMetric.evaluate:
            return metric.evaluate(count)
        rows = list(zip(self._places[index], metric.results, strict=True))
        # As one item of each process: their numbers of rows differ.
        parts = collect_results([rows], get_world_size(), metric.collect_device)
        metric.results.clear()
        if not is_main_process():
            return {}
        of_place = {place: result for part in parts for place, result in part}
        figures = metric.compute_metrics(
            [of_place[place] for place in sorted(of_place)]
        )
        start = f'{metric.prefix}/' if metric.prefix else ''
        return {start + key: value for key, value in figures.items()}

    def _with_means(self, of_dataset: dict[str, dict]) -> dict[str, float]:
        if self.missing:
            print_log(
                f'The means cover {len(of_dataset)} data sets; missing: {self.missing}',
                logger='current',
                level=logging.WARNING,
            )
        out = {
            f'{name}/{key}': value
            for name, figures in of_dataset.items()
            for key, value in figures.items()
        }
        first, *others = of_dataset.values()
        for key in first:
            if all(key in figures for figures in others):
                values = [figures[key] for figures in of_dataset.values()]
                out[f'mean/{key}'] = sum(values) / len(values)
                out[f'median/{key}'] = median(values)
        out['datasets/covered'] = len(of_dataset)
        out['datasets/total'] = len(of_dataset) + len(self.missing)
        return out
