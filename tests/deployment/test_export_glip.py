"""GLIP-T, made shallow, with converted random weights: ONNX equals the model."""

import pytest
import torch
from torch import nn

from glipv2.benchmarks.export_equality import image_of
from glipv2.benchmarks.peers.mmdet_glip import build_twins
from glipv2.deployment import ExportedModel, ExportOptions, export_detector
from tests.deployment.comparison import CONFIG, assert_equal

NAMES = ('person', 'traffic light', 'hair drier')
# Last stages of one window and of several; windows that end at the edge and beyond.
SIZES = (
    (129, 129), (160, 224), (224, 160), (200, 310), (256, 400), (161, 500), (333, 180),
    (224, 225), (130, 450), (300, 290),
)  # fmt: skip


@pytest.fixture(scope='module')
def model(tmp_path_factory: pytest.TempPathFactory) -> nn.Module:
    torch.manual_seed(1)
    _, ours = build_twins(
        tmp_path_factory.mktemp('bert'),
        depths=(1, 1, 2, 1),  # a shifted window too
        blocks=1,
        text=dict(num_hidden_layers=1, intermediate_size=96),
        test_cfg=dict(nms_pre=300, score_thr=0.001),
    )
    return ours


@pytest.fixture(scope='module')
def exported(
    model: nn.Module, tmp_path_factory: pytest.TempPathFactory
) -> ExportedModel:
    path = tmp_path_factory.mktemp('exported') / 'glip.onnx'
    export_detector(model, CONFIG, path, NAMES, ExportOptions())
    return ExportedModel(path, trust_code=True)


@pytest.mark.parametrize('size', SIZES, ids=str)
def test_images_of_any_size(
    exported: ExportedModel, model: nn.Module, size: tuple[int, int]
) -> None:
    found = assert_equal(exported, model, image_of(size, sum(size)))
    assert len(found['scores']) > 0


def test_boxes_of_a_resized_image_are_inclusive(
    exported: ExportedModel, model: nn.Module
) -> None:
    """GLIP counts a box's last pixel after the change of scale."""
    found = assert_equal(exported, model, image_of(SIZES[0]), (0.5, 0.4))
    assert len(found['scores']) > 0
