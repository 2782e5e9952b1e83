"""Mixed precision on a CPU: products in bfloat16, weights in float32."""

from copy import deepcopy
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.optim.optimizer import amp_optimizer_wrapper
from mmengine.registry import OPTIM_WRAPPERS
from torch import nn
from torch.optim import AdamW
from torch.utils.checkpoint import checkpoint

from glipv2.engine import Bfloat16OptimWrapper, bfloat16_optim_wrapper
from glipv2.engine.bfloat16_optim_wrapper import (
    check_mixed_precision,
    use_mixed_precision,
)
from glipv2.engine.command_line import build_runner, user_errors_in_one_line
from tests.task_samples import batch_of, box_sample, caption_sample, task_model
from tests.task_samples import vqa_sample as question


def steps(wrapper: str, count: int) -> tuple[list[float], nn.Module]:
    """Train the tiny model on one batch of all tasks; its losses."""
    torch.manual_seed(0)
    model = task_model()
    batch = batch_of([box_sample(), question(), caption_sample()])
    optimizer = AdamW(model.parameters(), lr=1e-3)
    wrapped = OPTIM_WRAPPERS.build(dict(type=wrapper, optimizer=optimizer))
    losses = []
    for _ in range(count):
        torch.manual_seed(1)  # of what the losses sample
        losses.append(float(model.train_step(batch, wrapped)['loss']))
    return losses, model


def test_all_tasks_learn_as_in_float32() -> None:
    exact, _ = steps('OptimWrapper', 8)
    mixed, model = steps('Bfloat16OptimWrapper', 8)
    assert exact[0] != mixed[0]
    assert mixed == pytest.approx(exact, rel=0.05)
    assert mixed[-1] < 0.9 * mixed[0]
    types = {p.dtype for p in model.parameters()}
    types |= {p.grad.dtype for p in model.parameters() if p.grad is not None}
    assert types == {torch.float32}


def test_products_are_in_bfloat16_within_a_step_alone() -> None:
    layer = nn.Linear(4, 4)
    wrapper = Bfloat16OptimWrapper(optimizer=AdamW(layer.parameters()))
    with wrapper.optim_context(layer):
        assert layer(torch.ones(1, 4)).dtype is torch.bfloat16
    assert layer(torch.ones(1, 4)).dtype is torch.float32


@pytest.mark.parametrize('again', [False, True])
def test_depthwise_convolutions_are_in_float32(again: bool) -> None:
    """Also where the backward pass computes a checkpointed part again."""
    depthwise = nn.Conv2d(4, 8, 3, groups=4)
    layers = nn.Sequential(nn.Conv2d(3, 4, 1), depthwise, nn.Conv2d(8, 2, 1))
    seen = {layer: [] for layer in layers}
    for layer in layers:
        layer.register_forward_hook(lambda *x: seen[x[0]].append(x[-1].dtype))
    wrapper = Bfloat16OptimWrapper(optimizer=AdamW(layers.parameters()))
    image = torch.rand(1, 3, 9, 9)
    for _ in range(2):
        with wrapper.optim_context(layers):
            found = checkpoint(layers, image, use_reentrant=False) if again else None
            found = layers(image) if found is None else found
        before = depthwise.weight.clone()
        wrapper.update_params(found.sum())
        assert not torch.equal(depthwise.weight, before)
    assert seen[depthwise] == [torch.float32] * (4 if again else 2)
    assert {*seen[layers[0]], *seen[layers[2]]} == {torch.bfloat16}
    copy = deepcopy(layers)
    seen.update({layer: [] for layer in copy})
    copy[1].weight.data.zero_()
    copy[1].bias.data.zero_()
    assert not copy[1](copy[0](image)).any() and depthwise(layers[0](image)).any()
    assert layers(image).dtype is torch.float32
    assert layers.bfloat16()(image.bfloat16()).dtype is torch.bfloat16


@pytest.mark.parametrize('has_gpu', [False, True])
def test_the_device_says_which(monkeypatch: pytest.MonkeyPatch, has_gpu: bool) -> None:
    device = 'cuda' if has_gpu else 'cpu'
    monkeypatch.setattr(bfloat16_optim_wrapper, 'get_device', lambda: device)
    cfg = Config(dict(optim_wrapper=dict(type='OptimWrapper', dtype='float16')))
    use_mixed_precision(cfg)
    if has_gpu:
        assert cfg.optim_wrapper == dict(
            type='AmpOptimWrapper', dtype='float16', loss_scale='dynamic'
        )
    else:
        assert cfg.optim_wrapper == dict(type='Bfloat16OptimWrapper')


def test_a_gpus_precision_without_one_is_one_line() -> None:
    cfg = Config(dict(optim_wrapper=dict(type='AmpOptimWrapper', use_fsdp=True)))
    if torch.cuda.is_available():
        check_mixed_precision(cfg)
        return
    with pytest.raises(ValueError, match='needs a GPU, and there is none here: add'):
        check_mixed_precision(cfg)
    use_mixed_precision(cfg)
    check_mixed_precision(cfg)


@pytest.mark.parametrize('device', ['mps', 'dipu', 'xpu'])
def test_a_device_without_mixed_precision_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, device: str
) -> None:
    monkeypatch.setattr(bfloat16_optim_wrapper, 'get_device', lambda: device)
    cfg = Config(dict(optim_wrapper=dict(type='OptimWrapper'), work_dir=str(tmp_path)))
    check_mixed_precision(cfg)
    use_mixed_precision(cfg)
    with pytest.raises(SystemExit) as refused, user_errors_in_one_line():
        build_runner(cfg, ('train',))
    said = refused.value.code
    assert f'but not on {device}, the device here: train with OptimWrapper' in said
    assert '\n' not in said


@pytest.mark.parametrize('device', ['cuda', 'npu', 'mlu', 'musa'])
def test_devices_of_mmengines_mixed_precision_pass(
    monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    """That mmengine has it there is held by its own check, asked with such a device."""
    monkeypatch.setattr(bfloat16_optim_wrapper, 'get_device', lambda: device)
    monkeypatch.setattr(amp_optimizer_wrapper, f'is_{device}_available', lambda: True)
    cfg = Config(dict(optim_wrapper=dict(type='OptimWrapper')))
    use_mixed_precision(cfg)
    check_mixed_precision(cfg)
    optimizer = AdamW(nn.Linear(1, 1).parameters())
    OPTIM_WRAPPERS.build(dict(cfg.optim_wrapper, optimizer=optimizer))
