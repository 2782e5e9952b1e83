"""Our GLIP against mmdet's with the same weights: parts, detections, losses."""

from copy import deepcopy

import pytest
import torch
from mmdet.models.dense_heads.atss_vlfusion_head import Conv3x3Norm
from mmdet.models.dense_heads.atss_vlfusion_head import DyConv as TheirDyConv
from mmdet.models.utils import BertEncoderLayer, VLFuse
from peers.mmdet_glip import build_twins, original_interpolation
from torch import Tensor, nn

from glipv2.models.prompts import prompt_from_names
from glipv2.models.word_features import WordFeatures
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


def batch(inclusive: bool = False) -> dict:
    """Make two pictures; mmdet's GLIP needs boxes as the original stores them."""
    torch.manual_seed(2)
    made = batch_of(
        [
            sample_of(NAMES, boxes, labels, SHAPE, custom_entities=True)
            for boxes, labels in zip(BOXES, LABELS)
        ]
    )
    if inclusive:
        for sample in made['data_samples']:
            sample.gt_instances.bboxes[:, 2:] -= 1
    return made


def close(ours: Tensor, theirs: Tensor) -> None:
    """Compare to 1e-4 of the largest number."""
    scale = theirs.abs().max().item()
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-4 * scale)


def their_outputs(model: nn.Module, data: dict) -> tuple[Tensor, ...]:
    """Run mmdet's model up to the head's raw output; joined as ours."""
    samples = data['data_samples']
    text = [
        model.get_tokens_positive_and_prompts(sample.text, True)[1]
        for sample in samples
    ]
    boxes, centerness, logits = model.bbox_head.head(
        model.extract_feat(data['inputs']), model.language_model(text)
    )
    return (
        torch.cat(logits, 1),
        torch.cat([x.flatten(2).transpose(1, 2) for x in boxes], 1),
        torch.cat([x.flatten(1) for x in centerness], 1),
    )


def test_pyramid_is_equal(pair: tuple[nn.Module, nn.Module]) -> None:
    theirs, ours = pair
    pictures = torch.randn(1, 3, *SHAPE)
    with torch.no_grad():
        for a, b in zip(ours.extract_feat(pictures), theirs.extract_feat(pictures)):
            close(a, b)


def test_words_are_equal_and_ours_are_not_padded_to_256(
    pair: tuple[nn.Module, nn.Module],
) -> None:
    theirs, ours = pair
    prompt = prompt_from_names(NAMES)
    with torch.no_grad():
        words, _ = ours.text_encoder.encode([prompt])
        reference = theirs.language_model([prompt.text])['hidden']
    assert words.features.shape[1] < 32 < reference.shape[1] == 256
    close(words.features, reference[:, : words.features.shape[1]])


def test_raw_outputs_are_equal(pair: tuple[nn.Module, nn.Module]) -> None:
    theirs, ours = pair
    data = ours.data_preprocessor(batch())
    with torch.no_grad(), original_interpolation():
        expected = their_outputs(theirs, deepcopy(data))
        got = ours(**data, mode='tensor')
    tokens = got[0].shape[2]
    close(got[0], expected[0][:, :, :tokens])
    close(got[1], expected[1])
    close(got[2], expected[2])


def test_without_the_patch_mmdets_interpolation_differs(
    pair: tuple[nn.Module, nn.Module],
) -> None:
    theirs, ours = pair
    data = ours.data_preprocessor(batch())
    with torch.no_grad():
        expected = their_outputs(theirs, deepcopy(data))[1]
        got = ours(**data, mode='tensor')[1]
    assert (got - expected).abs().max() > 1e-2 * expected.abs().max()


def test_detections_are_equal(pair: tuple[nn.Module, nn.Module]) -> None:
    theirs, ours = pair
    with torch.no_grad(), original_interpolation():
        expected = theirs.test_step(deepcopy(batch()))
        got = ours.test_step(batch())
    for sample, other in zip(got, expected):
        mine, reference = sample.pred_instances, other.pred_instances
        assert len(mine) == len(reference) == 100
        torch.testing.assert_close(mine.scores, reference.scores, rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(mine.bboxes, reference.bboxes, rtol=0, atol=1e-2)
        assert mine.labels.tolist() == reference.labels.tolist()
        assert mine.label_names == reference.label_names


def test_losses_are_equal(pair: tuple[nn.Module, nn.Module]) -> None:
    theirs, ours = pair
    with torch.no_grad(), original_interpolation():
        data = theirs.data_preprocessor(batch(inclusive=True), True)
        expected = theirs(**data, mode='loss')
        data = ours.data_preprocessor(batch(), True)
        got = ours(**data, mode='loss')
    assert expected.keys() == got.keys()
    for key in expected:
        torch.testing.assert_close(got[key], expected[key], rtol=1e-4, atol=1e-6)


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
        got, words = block(pyramid, words, None)
    for a, b in zip(got, reference['visual']):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(
        words.features[mask], reference['lang']['hidden'][mask], rtol=1e-9, atol=1e-9
    )
    assert isinstance(parts[-1].dyconvs[0], Conv3x3Norm)
