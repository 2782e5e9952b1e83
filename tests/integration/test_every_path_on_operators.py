"""Every path of the detector on mmcv's operators, as on CUDA, against the gather."""

from collections.abc import Sequence
from copy import deepcopy

import pytest
import torch
from mmdet.structures import DetDataSample
from torch import Tensor, nn

from glipv2.models.dynamic_head.deformable_conv import DeformableConv3x3
from tests.models.detectors.test_tasks import HEADS as LANGUAGE_HEADS
from tests.models.grounded_reader.test_reader import READER
from tests.models.mask_heads.test_language_mask_head import HEAD as MASK_HEAD
from tests.models.mask_heads.test_language_mask_head import masks_of
from tests.models.vl_heads.test_vocabulary_head import PRETRAINING
from tests.strict_operators import Calls
from tests.task_samples import caption_sample, vqa_sample
from tests.tiny import batch_of, losses_of, sample_of, tiny_config, tiny_model

HALVES = (torch.float16, torch.bfloat16)
# With a group per channel all means are zero, and rounding decides which side of a
# kink of DyConv's activations they fall on.
NECK = {**tiny_config().fusion_neck, 'norm_groups': 4}
BOX_HEADS = dict(mask_head=MASK_HEAD, **PRETRAINING)
READING = dict(vqa_head={**LANGUAGE_HEADS['vqa_head'], 'reader': READER})
KINDS = dict(
    early=dict(fusion_neck=NECK, **LANGUAGE_HEADS),
    reader=dict(fusion_neck=NECK, **{**LANGUAGE_HEADS, **READING}),
    no_words=dict(fusion_neck={**NECK, 'early_fusion': False}),
    late=dict(fusion_neck=None),
)
TEST_CFG = {**tiny_config().test_cfg, 'caption': dict(max_length=4)}


def model_of(kind: str, channels_last: bool = False) -> nn.Module:
    """Build a model with all heads of a kind; its points lie between the pixels."""
    torch.manual_seed(0)
    model = tiny_model(
        **KINDS[kind], **BOX_HEADS, channels_last=channels_last, test_cfg=TEST_CFG
    )
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_uniform_(module.weight, a=1)
    return model


def box_sample(shape: tuple[int, int] = (64, 96)) -> DetDataSample:
    boxes = [[8, 8, 40, 40], [30, 16, 60, 60]]
    sample = sample_of(('dog', 'red apple'), boxes, [1, 0], shape=shape)
    sample.gt_instances.masks = masks_of(boxes, *shape)
    return sample


def batches_of(kind: str, size: int) -> list[dict]:
    """Make batches of a size that together have every task of a kind."""
    samples = [box_sample(), box_sample((50, 70)), box_sample((96, 64))]
    if 'vqa_head' in KINDS[kind]:
        samples[1:] = [vqa_sample(shape=(50, 70)), caption_sample()]
    torch.manual_seed(1)
    return [
        batch_of(samples[start : start + size])
        for start in range(0, len(samples), size)
    ]


def asked_samples(kind: str) -> list[DetDataSample]:
    """Make samples of every task, prompts of unlike lengths among them."""
    samples = [
        sample_of(('dog', 'red apple', 'traffic cone (orange)')),
        sample_of(('cat',), shape=(50, 70)),
        sample_of('a dog and a cat', task='segmentation', tokens_positive=[[[2, 5]]]),
    ]
    if 'vqa_head' in KINDS[kind]:
        samples += [vqa_sample(), caption_sample(''),
                    vqa_sample(task='grounded_vqa')]  # fmt: skip
    return samples


def train(model: nn.Module, batch: dict) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Compute losses and gradients of a batch, random choices always the same."""
    torch.manual_seed(2)
    model.train()
    model.zero_grad()
    losses = losses_of(model, deepcopy(batch))
    sum(value for key, value in losses.items() if 'loss' in key).backward()
    gradients = {
        name: parameter.grad.clone()
        for name, parameter in model.named_parameters()
        if parameter.grad is not None
    }
    return {key: value.detach() for key, value in losses.items()}, gradients


def predict(
    model: nn.Module, samples: Sequence[DetDataSample], size: int
) -> list[DetDataSample]:
    """Predict in batches of a size, images always the same."""
    torch.manual_seed(3)
    batch = batch_of(samples)
    found = []
    with torch.no_grad():
        for start in range(0, len(samples), size):
            rows = {key: x[start : start + size] for key, x in batch.items()}
            found += model.eval().test_step(deepcopy(rows))
    return found


def on_gather(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DeformableConv3x3, 'operator', 'gather')


def assert_whole(found: Sequence[DetDataSample]) -> None:
    """Demand finite results of every task."""
    for sample in found:
        task = sample.get('task', 'detection')
        if task in ('vqa', 'grounded_vqa'):
            assert torch.tensor(sample.pred_answer_scores).isfinite().all()
            assert sample.pred_answer
        if task == 'caption':
            assert torch.tensor(float(sample.pred_caption_score)).isfinite()
        if task in ('detection', 'segmentation'):
            boxes = sample.pred_instances
            assert 0 < len(boxes) <= 50
            assert boxes.bboxes.dtype == boxes.scores.dtype == torch.float32
            assert boxes.bboxes.isfinite().all() and boxes.scores.isfinite().all()
            assert boxes.masks.shape == (len(boxes), *sample.ori_shape)


@pytest.mark.parametrize('size', [1, 3])
@pytest.mark.parametrize('channels_last', [False, True])
@pytest.mark.parametrize('kind', KINDS)
def test_training_equals_the_gather(
    kind: str,
    channels_last: bool,
    size: int,
    strict_operators: Calls,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = model_of(kind, channels_last)
    batches = batches_of(kind, size)
    ours = [train(model, batch) for batch in batches]
    assert strict_operators.types['roi_align_backward'] == {torch.float32}
    on_gather(monkeypatch)
    for batch, (losses, gradients) in zip(batches, ours):
        expected, expected_gradients = train(model, batch)
        for key, value in expected.items():
            torch.testing.assert_close(losses[key], value, rtol=1e-5, atol=1e-5)
        assert gradients.keys() == expected_gradients.keys()
        for name, gradient in expected_gradients.items():
            apart = (gradients[name] - gradient).norm()
            assert apart <= 1e-3 * gradient.norm() + 1e-4, name


@pytest.mark.parametrize(('size', 'channels_last'), [(1, True), (3, False)])
@pytest.mark.parametrize('kind', KINDS)
def test_predictions_equal_the_gathers(
    kind: str,
    channels_last: bool,
    size: int,
    strict_operators: Calls,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = model_of(kind, channels_last)
    samples = asked_samples(kind)
    ours = predict(model, samples, size)
    assert strict_operators.types['nms'] == {torch.float32}
    on_gather(monkeypatch)
    assert_whole(ours)
    for one, other in zip(ours, predict(model, samples, size)):
        if 'pred_answer_scores' in other:
            assert one.pred_answers == other.pred_answers
            assert one.pred_answer_scores == pytest.approx(
                other.pred_answer_scores, abs=1e-5
            )
        if 'pred_caption' in other:
            assert one.pred_caption == other.pred_caption
        if 'pred_instances' in other:
            one, other = one.pred_instances, other.pred_instances
            torch.testing.assert_close(one.scores, other.scores, rtol=0, atol=1e-5)


@pytest.mark.parametrize('dtype', HALVES)
@pytest.mark.parametrize('kind', KINDS)
def test_autocast_trains_and_predicts(
    kind: str, dtype: torch.dtype, strict_operators: Calls
) -> None:
    model = model_of(kind, channels_last=True)
    with torch.autocast('cpu', dtype):
        for batch in batches_of(kind, 3):
            losses, gradients = train(model, batch)
            assert all(value.isfinite().all() for value in losses.values())
            assert all(gradient.isfinite().all() for gradient in gradients.values())
        assert_whole(predict(model, asked_samples(kind), 3))
    assert set.union(*strict_operators.types.values()) == {torch.float32}


@pytest.mark.parametrize('dtype', HALVES)
@pytest.mark.parametrize('kind', KINDS)
def test_half_models_predict(
    kind: str, dtype: torch.dtype, strict_operators: Calls
) -> None:
    model = model_of(kind, channels_last=True).to(dtype)
    assert_whole(predict(model, asked_samples(kind), 3))
    assert set.union(*strict_operators.types.values()) == {torch.float32}


@pytest.mark.parametrize('dtype', HALVES)
@pytest.mark.parametrize('kind', ['early', 'no_words'])
def test_half_models_find_what_float32_finds(kind: str, dtype: torch.dtype) -> None:
    """Raw outputs are as close as the type allows, on the gather as well."""
    model = model_of(kind).eval()
    data = model.data_preprocessor(batch_of(asked_samples(kind)[:2]), False)
    with torch.no_grad():
        full = model(**deepcopy(data), mode='tensor')
        half = model.to(dtype)(**data, mode='tensor')
    for one, other in zip(half, full):
        assert one.dtype == torch.float32
        assert (one - other).norm() <= 16 * torch.finfo(dtype).eps * other.norm()
