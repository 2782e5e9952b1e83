"""Our GLIP against mmdet's with the same weights: parts, detections, losses."""

from contextlib import nullcontext
from copy import deepcopy
from unittest.mock import patch

import mmdet
import pytest
import torch
from mmdet.models.dense_heads.atss_vlfusion_head import Conv3x3Norm
from mmdet.models.dense_heads.atss_vlfusion_head import DyConv as TheirDyConv
from mmdet.models.utils import BertEncoderLayer, VLFuse
from packaging.version import Version
from torch import nn

from glipv2.benchmarks.peers.mmdet_glip import build_twins, original_interpolation
from glipv2.benchmarks.peers.parity import (
    compare_detections,
    compare_losses,
    compare_outputs,
    compare_parts,
)
from glipv2.structures.word_features import WordFeatures
from glipv2.text.prompt import prompt_from_names
from tests.tiny import batch_of, sample_of

NAMES = ('person', 'traffic light', 'fire hydrant', 'cat', 'hair drier')
SHAPE = (128, 192)
# Twice the batch, other boxes: the losses' normalisers count.
BOXES = (
    [[10.0, 12, 90, 100], [100, 20, 180, 84], [40, 40, 72, 76]],
    [[5.0, 5, 60, 120], [90, 60, 190, 126]],
)
LABELS = ([0, 1, 3], [4, 2])


@pytest.fixture(scope='module', params=[True, False], ids=['fused', 'late'])
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(1)
    return build_twins(
        tmp_path_factory.mktemp('bert'),
        request.param,
        depths=(1, 1, 2, 1),
        blocks=2,
        text=dict(num_hidden_layers=2, intermediate_size=96),
        # Every candidate stays; the original ranks them after the centerness.
        test_cfg=dict(nms_pre=100_000, score_thr=0.001),
    )


def batch() -> dict:
    """Make two images with names and boxes."""
    torch.manual_seed(2)
    return batch_of(
        [
            sample_of(NAMES, boxes, labels, SHAPE, custom_entities=True)
            for boxes, labels in zip(BOXES, LABELS)
        ]
    )


def test_what_goes_into_the_fusion_is_equal(pair: tuple) -> None:
    found = compare_parts(*pair, batch())
    assert len(found) == 2
    assert max(found.values()) < 1e-5


def test_our_words_are_not_padded_to_256(pair: tuple) -> None:
    with torch.no_grad():
        words, _ = pair[1].text_encoder.encode([prompt_from_names(NAMES)])
    assert words.features.shape[1] < 32


def test_raw_outputs_are_equal(pair: tuple) -> None:
    found = compare_outputs(*pair, batch())
    assert len(found) == 3
    assert max(found.values()) < 1e-4


def test_without_the_patch_the_forks_interpolation_differs(pair: tuple) -> None:
    """Upstream mmdet, whose last version is 3.3, has the original's."""
    with patch('glipv2.benchmarks.peers.parity.original_interpolation', nullcontext):
        difference = compare_outputs(*pair, batch())['box deltas']
    if Version(mmdet.__version__) < Version('3.4'):
        assert difference < 1e-4
    else:
        assert difference > 1e-2


def test_detections_are_equal(pair: tuple) -> None:
    found = compare_detections(*pair, batch())
    assert found['detections'] == 200
    assert found['labels'] == 0
    assert found['scores'] < 1e-4
    assert found['boxes'] < 1e-2


def test_losses_are_equal(pair: tuple) -> None:
    found = compare_losses(*pair, batch())
    assert found.keys() == {'loss_cls', 'loss_bbox', 'loss_centerness'}
    assert max(found.values()) < 1e-4


def test_a_block_is_equal_in_float64(pair: tuple[nn.Module, nn.Module]) -> None:
    """The three parts of a block alone, where rounding hides nothing."""
    theirs, ours = pair
    tower = list(theirs.bbox_head.head.dyhead_tower)
    block = deepcopy(ours.fusion_neck.blocks[0]).double()
    sizes = ((16, 24), (8, 12), (4, 6), (2, 3), (1, 2))
    pyramid = [torch.randn(2, 256, *size, dtype=torch.double) for size in sizes]
    mask = torch.ones(2, 7).bool()
    mask[1, 4:] = False
    hidden = torch.randn(2, 7, 768, dtype=torch.double)
    words = WordFeatures(hidden, mask, torch.zeros(2, 7).long())
    reference = dict(visual=pyramid, lang=dict(hidden=hidden, masks=mask.long()))
    parts = [deepcopy(part).double() for part in tower[: len(tower) // 2]]
    with torch.no_grad(), original_interpolation():
        for part in parts:
            assert isinstance(part, (VLFuse, BertEncoderLayer, TheirDyConv))
            reference = part(reference)
        fused = block(pyramid, words)
    for a, b in zip(fused.pyramid, reference['visual']):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(
        fused.words.features[mask],
        reference['lang']['hidden'][mask],
        rtol=1e-9,
        atol=1e-9,
    )
    assert isinstance(parts[-1].dyconvs[0], Conv3x3Norm)
