"""Results of many data sets with mean and median, as in ODinW."""

import logging
from collections.abc import Mapping, Sequence
from numbers import Real
from statistics import mean, median

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

NOTHING = -1.0  # COCO's figure where there is nothing to measure


@EVALUATOR.register_module()
class DatasetMeansEvaluator(MultiDatasetsEvaluator):
    """mmdet's ``MultiDatasetsEvaluator`` with means, for ``AvailableDatasets``.

    A sample goes only to the metric of its data set (mmdet's goes to every metric, so
    all of them store it), and samples that a distributed sampler repeats count once.
    Results are ``DATASET/METRIC/FIGURE``; ``mean/METRIC/FIGURE`` and
    ``median/METRIC/FIGURE`` of the figures that all data sets have;
    ``datasets/covered`` and ``datasets/total``. A set whose figure is COCO's -1 (it
    has nothing to measure) or NaN does not enter that mean: then the number of sets in
    it is ``measured/METRIC/FIGURE``, and the mean is -1 if there is none. A set whose
    metric gives no figure at all, because nothing was found, counts as 0.

    Each data set may have its own task and type of metric. Metrics beyond the number
    of data sets (as for ``tools/test.py --out``) get all samples.

    Args:
        metrics: Configs of metrics, one per data set. Where ``ann_file`` is missing,
            ``AvailableDatasets`` leaves the data set out.
        dataset_prefixes: Names of the data sets.
        means: Whether there are means and medians.

    Raises:
        ValueError: If there are more or fewer metrics than names.
    """

    def __init__(
        self,
        metrics: Sequence[Mapping],
        dataset_prefixes: Sequence[str],
        means: bool = True,
    ) -> None:
        self.means = means
        if len(metrics) != len(dataset_prefixes):
            raise ValueError(
                f'{len(metrics)} metrics, but {len(dataset_prefixes)} dataset_prefixes'
            )
        available = [
            'ann_file' not in metric or fileio.exists(metric['ann_file'])
            for metric in metrics
        ]
        named = list(zip(dataset_prefixes, available))
        self.missing = [name for name, exists in named if not exists]
        super().__init__(
            [dict(metric) for metric, exists in zip(metrics, available) if exists],
            [name for name, exists in named if exists],
        )
        self._indices: list[list[int]] = [[] for _ in self.metrics]

    def process(
        self, data_samples: Sequence[BaseDataElement], data_batch: dict | None = None
    ) -> None:
        """Pass each sample to the metric of its data set.

        Args:
            data_samples: Predictions with the keys of ``AvailableDatasets``.
            data_batch: The batch of the data loader.
        """
        for sample in data_samples:
            index = sample.dataset_index
            self._indices[index].append(sample.sample_index)
            results = [sample.cpu().to_dict()]
            for metric in (self.metrics[index], *self._of_all_samples):
                metric.process(data_batch, results)

    def evaluate(self, size: int) -> dict[str, float]:
        """Compute all figures and their means, and reset.

        Args:
            size: Number of samples of all data sets.

        Returns:
            The figures, the same in every process.

        Raises:
            ValueError: If there are more or fewer data sets than metrics.
        """
        ends = self._get_cumulative_sizes()
        if len(ends) != len(self._indices):
            raise ValueError(
                f'{len(ends)} data sets were tested, but {len(self._indices)} metrics '
                'have an annotation file; both must name the same files'
            )
        of_dataset = {}
        for index, (name, metric) in enumerate(
            zip(self.dataset_prefixes, self.metrics)
        ):
            count = ends[index] - (ends[index - 1] if index else 0)
            of_dataset[name] = self._figures_of(index, metric, count)
        self._indices = [[] for _ in self.metrics]
        figures: list[dict[str, float]] = [{}]
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
        rows = list(zip(self._indices[index], metric.results, strict=True))
        # One item per process, because their numbers of rows differ.
        parts = collect_results([rows], get_world_size(), metric.collect_device)
        metric.results.clear()
        if not is_main_process():
            return {}
        of_index = {i: result for part in parts for i, result in part}
        figures = metric.compute_metrics([of_index[i] for i in sorted(of_index)])
        start = f'{metric.prefix}/' if metric.prefix else ''
        return {start + key: value for key, value in figures.items()}

    def _with_means(self, of_dataset: dict[str, dict]) -> dict[str, float]:
        if self.missing:
            print_log(
                f'{len(of_dataset)} data sets were tested; missing: {self.missing}',
                logger='current',
                level=logging.WARNING,
            )
        out = {
            f'{name}/{key}': value
            for name, figures in of_dataset.items()
            for key, value in figures.items()
        }
        if self.means:
            out.update(means_of(list(of_dataset.values())))
        out['datasets/covered'] = len(of_dataset)
        out['datasets/total'] = len(of_dataset) + len(self.missing)
        return out


def means_of(rows: Sequence[Mapping[str, object]]) -> dict[str, float]:
    """Average the figures that all data sets have.

    Args:
        rows: The figures of each data set, by name; one of several kinds, as the recall
            of phrases is, has a figure for each, here ``NAME/KIND``.

    Returns:
        ``mean/NAME`` and ``median/NAME``, and ``measured/NAME`` where not all entered.
    """
    out = {}
    # CocoMetric gives no figure where nothing was found: that is 0.
    flat = [_by_kind(figures) for figures in rows]
    first, *others = [figures for figures in flat if figures] or [{}]
    for key in first:
        if all(key in figures for figures in others):
            values = [figures[key] if figures else 0.0 for figures in flat]
            measured = [value for value in values if value >= 0]  # not NaN, either
            out[f'mean/{key}'] = mean(measured) if measured else NOTHING
            out[f'median/{key}'] = median(measured) if measured else NOTHING
            if len(measured) < len(rows):
                out[f'measured/{key}'] = len(measured)
    return out


def _by_kind(figures: Mapping[str, object]) -> dict[str, float]:
    out: dict[str, float] = {}
    for name, figure in figures.items():
        if isinstance(figure, Mapping):
            out |= {f'{name}/{kind}': x for kind, x in _by_kind(figure).items()}
        elif isinstance(figure, Real):  # a metric may tell more than figures
            out[name] = float(figure)
    return out
