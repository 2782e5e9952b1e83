"""AbsentNameMetric on made predictions, and its files."""

import json
from pathlib import Path

import pytest
import torch
from mmdet.registry import METRICS
from PIL import Image

import glipv2  # noqa: F401 (registers the metric)
from glipv2.checkpoint.calibrated import add_calibration
from glipv2.evaluation.absent_name_metric import draw_reliability
from glipv2.evaluation.presence_scores import reliability
from tests.tiny_files import write_model

BOX = [10.0, 10, 50, 50]


def name(kind: str, *boxes: list, ignored: tuple = ()) -> dict:
    return dict(kind=kind, boxes=list(boxes), ignored=list(ignored))


def sample(asked: list[dict], boxes: list, scores: list, labels: list) -> dict:
    found = dict(
        bboxes=torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        scores=torch.tensor(scores),
        labels=torch.tensor(labels, dtype=torch.long),
    )
    names = tuple(f'name {i}' for i in range(len(asked)))
    return dict(text=names, asked=tuple(asked), pred_instances=found)


def test_by_kind(tmp_path: Path) -> None:
    metric = METRICS.build(
        dict(type='AbsentNameMetric', outfile=str(tmp_path / 'out' / 'absent'))
    )
    asked = [name('present', BOX), name('near'), name('random')]
    metric.process({}, [sample(asked, [BOX, BOX], [0.9, 0.8], [0, 1])])
    metric.process({}, [sample(asked, [BOX], [0.9], [0])])
    figures = metric.evaluate(size=2)
    assert figures['absent/false_boxes'] == 0.25
    assert figures['absent/false_boxes_near'] == 0.5
    assert figures['absent/false_boxes_random'] == 0
    assert figures['absent/IL_MCC_random'] == pytest.approx(1)
    assert figures['absent/precision'] == pytest.approx(2 / 3)
    written = json.loads((tmp_path / 'out' / 'absent.json').read_text())
    assert sum(written['reliability']['counts']) == 3
    assert written['boxes']['names'] == ['name 0', 'name 1', 'name 0']
    assert Image.open(tmp_path / 'out' / 'absent.reliability.png').width > 300


def test_boxes_in_crowds_do_not_count() -> None:
    metric = METRICS.build(dict(type='AbsentNameMetric'))
    asked = [name('present', BOX, ignored=([60, 60, 100, 100],)), name('random')]
    boxes = [BOX, [62, 62, 80, 80]]
    metric.process({}, [sample(asked, boxes, [0.9, 0.9], [0, 0])])
    assert metric.evaluate(size=1)['absent/precision'] == 1


def test_calibrated_scores(tmp_path: Path) -> None:
    plain, stored = write_model(tmp_path), tmp_path / 'calibrated.pth'
    add_calibration(plain, stored, dict(temperature=1.0, bias=-3.0))
    asked = [name('present', BOX), name('near')]
    given = sample(asked, [BOX, BOX], [0.9, 0.5], [0, 1])
    figures = {}
    for file in (None, str(stored)):
        metric = METRICS.build(dict(type='AbsentNameMetric', calibration=file))
        metric.process({}, [given])
        figures[file] = metric.evaluate(size=1)
    assert figures[None]['absent/false_boxes'] == 1
    assert figures[str(stored)]['absent/false_boxes'] == 0  # 0.5 became 0.05
    assert figures[str(stored)]['absent/recall'] == 1  # 0.9 became 0.31
    with pytest.raises(ValueError, match='carries no calibration'):
        METRICS.build(dict(type='AbsentNameMetric', calibration=str(plain)))


def test_nothing_found() -> None:
    metric = METRICS.build(dict(type='AbsentNameMetric'))
    metric.process({}, [sample([name('present', BOX), name('near')], [], [], [])])
    figures = metric.evaluate(size=1)
    assert figures['absent/cgF1'] == figures['absent/false_boxes'] == 0


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='threshold'):
        METRICS.build(dict(type='AbsentNameMetric', threshold=30))
    metric = METRICS.build(dict(type='AbsentNameMetric'))
    with pytest.raises(KeyError, match='AskNames'):
        metric.process({}, [dict(pred_instances=dict())])
    with pytest.raises(ValueError, match='must end with'):
        draw_reliability(reliability(*[torch.zeros(0).numpy()] * 2), tmp_path / 'x.txt')
