"""PerDatasetEvaluator: each metric sees its own data set's samples, and all of them."""

import pytest
from mmdet.structures import DetDataSample
from mmengine.evaluator import BaseMetric

from glipv2.datasets.concat import NUMBER
from glipv2.evaluation import PerDatasetEvaluator


class Collect(BaseMetric):
    """Counts and sums the values that it saw."""

    default_prefix = 'seen'

    def __init__(self, per_sample: int = 1) -> None:
        super().__init__()
        self.per_sample = per_sample

    def process(self, data_batch: object, data_samples: list[dict]) -> None:
        for sample in data_samples:
            self.results += [sample['value']] * self.per_sample

    def compute_metrics(self, results: list) -> dict:
        return dict(count=len(results), total=sum(results))


def sample_of(number: int, value: int) -> DetDataSample:
    return DetDataSample(metainfo={NUMBER: number, 'value': value})


def evaluator_of(**first: int) -> PerDatasetEvaluator:
    evaluator = PerDatasetEvaluator([Collect(**first), Collect()], ['a', 'b'])
    evaluator.dataset_meta = dict(cumulative_sizes=[3, 5])
    return evaluator


def test_each_metric_measures_its_own_data_set() -> None:
    evaluator = evaluator_of()
    everything = Collect()
    evaluator.metrics.append(everything)  # as tools/test.py --out does
    evaluator.process([sample_of(0, 1), sample_of(0, 2)])
    evaluator.process([sample_of(0, 4), sample_of(1, 8)])  # a batch of two sets
    evaluator.process([sample_of(1, 16)])
    assert evaluator.evaluate(5) == {
        'a/seen/count': 3, 'a/seen/total': 7, 'b/seen/count': 2, 'b/seen/total': 24,
        'seen/count': 5, 'seen/total': 31,
    }  # fmt: skip


def test_a_metric_that_loses_places_is_refused() -> None:
    with pytest.raises(RuntimeError, match='Collect stores not one result per sample'):
        evaluator_of(per_sample=2).process([sample_of(0, 1)])
