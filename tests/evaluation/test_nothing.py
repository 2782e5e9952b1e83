"""Metrics without a sample, or with nothing found: zeros, which hooks can read."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mmengine.evaluator import BaseMetric

from glipv2.evaluation import (
    CaptionMetric,
    CocoMetric,
    Flickr30kRecall,
    PhraseCutMetric,
    PhraseRefSegMetric,
    StreamingLVISMetric,
    VQAMetric,
)
from tests.federated import write_federated

METRICS: dict[str, Callable[[Path], BaseMetric]] = {
    'caption/CIDEr': lambda file: CaptionMetric(),
    'coco/bbox_mAP': CocoMetric,
    'flickr30k/any_R@1': lambda file: Flickr30kRecall(),
    'phrasecut/mIoU': lambda file: PhraseCutMetric(),
    'cIoU': lambda file: PhraseRefSegMetric(metric=['cIoU', 'mIoU']),
    'lvis_fixed_ap/AP': StreamingLVISMetric,
    'vqa/accuracy': lambda file: VQAMetric(),
}


@pytest.mark.parametrize('key', METRICS)
def test_no_sample_is_0(tmp_path: Path, key: str) -> None:
    file = tmp_path / 'lvis.json'
    write_federated(file, np.random.default_rng(0), 5, 4)
    metric = METRICS[key](str(file))
    metric.dataset_meta = dict(classes=('kind 0', 'kind 1', 'kind 2', 'kind 3'))
    figures = metric.evaluate(0)
    assert figures[key] == 0
    assert all(np.isfinite(value) for value in figures.values())


def test_an_lvis_file_without_objects_is_0(tmp_path: Path) -> None:
    file = tmp_path / 'lvis.json'
    write_federated(file, np.random.default_rng(0), 1, 4)  # every fifth is empty
    figures = StreamingLVISMetric(str(file)).evaluate(0)
    assert set(figures.values()) == {0.0}
