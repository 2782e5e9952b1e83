"""The gathered deformable convolution against mmcv's operator."""

import pytest
import torch
from mmcv.ops import modulated_deform_conv2d

from glipv2.models.dynamic_head import deformable_conv
from glipv2.models.dynamic_head.deformable_conv import (
    DeformableConv3x3,
    gathered_deform_conv3x3,
)


def _inputs(stride: int, size: tuple[int, int], spread: float) -> list[torch.Tensor]:
    out = [(extent - 1) // stride + 1 for extent in size]
    return [
        torch.randn(2, 5, *size),
        torch.randn(2, 18, *out) * spread,
        torch.rand(2, 9, *out),
        torch.randn(4, 5, 3, 3),
        torch.randn(4),
    ]


@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('size', [(7, 10), (1, 1), (6, 3)])
# 0: points on pixels, as before any training; 6: most points fall outside.
@pytest.mark.parametrize('spread', [0, 0.5, 6.0])
def test_equals_mmcv_forward_and_backward(stride, size, spread):
    results = []
    torch.manual_seed(1)
    inputs = _inputs(stride, size, spread)
    pull = None
    for conv in (
        lambda *x: gathered_deform_conv3x3(*x, stride),
        lambda *x: modulated_deform_conv2d(*x, stride, 1, 1, 1, 1),
    ):
        leaves = [x.clone().requires_grad_() for x in inputs]
        out = conv(*leaves)
        pull = torch.randn_like(out) if pull is None else pull
        (out * pull).sum().backward()
        results.append((out, *(leaf.grad for leaf in leaves)))
    for ours, mmcvs in zip(*results):
        torch.testing.assert_close(ours, mmcvs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('which', range(5))
def test_each_input_may_have_a_gradient_alone(which):
    """Behind a frozen backbone, x has no gradient; without one, offsets may have."""
    inputs = _inputs(1, (6, 7), 0.5)
    together = [x.clone().requires_grad_() for x in inputs]
    modulated_deform_conv2d(*together, 1, 1, 1, 1, 1).square().sum().backward()
    inputs[which].requires_grad_()
    gathered_deform_conv3x3(*inputs, 1).square().sum().backward()
    expected = together[which].grad
    torch.testing.assert_close(inputs[which].grad, expected, rtol=1e-4, atol=1e-4)
    assert all(x.grad is None for i, x in enumerate(inputs) if i != which)


def test_is_a_plain_convolution_without_offsets():
    module = DeformableConv3x3(5, 4)
    x = torch.randn(2, 5, 6, 7)
    out = module(x, torch.zeros(2, 18, 6, 7), torch.ones(2, 9, 6, 7))
    plain = torch.nn.functional.conv2d(x, module.weight, module.bias, padding=1)
    torch.testing.assert_close(out, plain, rtol=1e-4, atol=1e-5)


def test_offsets_are_rows_before_columns():
    module = DeformableConv3x3(1, 1)
    with torch.no_grad():
        module.weight.zero_()
        module.weight[0, 0, 1, 1] = 1
    x = torch.arange(20.0).view(1, 1, 4, 5)
    offset = torch.zeros(1, 18, 4, 5)
    offset[:, 8] = 1  # the middle point, one row down
    out = module(x, offset, torch.ones(1, 9, 4, 5))
    torch.testing.assert_close(out[:, :, :3], x[:, :, 1:])
    assert (out[:, :, 3] == 0).all()


@pytest.mark.parametrize('batch', [1, 2])
def test_blocks_change_nothing_without_gradients(batch, monkeypatch):
    x, weight = torch.randn(batch, 5, 6, 7), torch.randn(4, 5, 3, 3)
    offset, mask = torch.randn(batch, 18, 6, 7), torch.rand(batch, 9, 6, 7)
    arguments = (x, offset, mask, weight, torch.randn(4), 1)
    whole = gathered_deform_conv3x3(*arguments)
    monkeypatch.setattr(deformable_conv, 'BLOCK_COLUMNS', 9 * 5 * 4)
    with torch.no_grad():
        torch.testing.assert_close(gathered_deform_conv3x3(*arguments), whole)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@pytest.mark.parametrize('operator', ['mmcv', 'gather'])
def test_half_precision_samples_exactly(dtype, operator):
    """On a wide ramp a shift by a quarter pixel changes the value by a quarter."""
    module = DeformableConv3x3(1, 1)
    module.operator = operator
    with torch.no_grad():
        module.weight.zero_()
        module.weight[0, 0, 1, 1] = 1
    x = (torch.arange(512.0) % 4).expand(1, 1, 3, 512)
    offset = torch.zeros(1, 18, 3, 512)
    offset[:, 9] = 0.25  # the middle point, a quarter of a column to the right
    inputs = (each.to(dtype) for each in (x, offset, torch.ones(1, 9, 3, 512)))
    out = module.to(dtype)(*inputs)
    assert out.dtype == dtype
    following = x.roll(-1, dims=3)
    expected = (x + 0.25 * (following - x))[..., :-1]
    torch.testing.assert_close(out[..., :-1].float(), expected, rtol=0, atol=1e-6)


def test_doubles_sample_in_doubles():
    inputs = [x.double() for x in _inputs(1, (6, 7), 2.0)]
    ours = gathered_deform_conv3x3(*inputs, 1)
    mmcvs = modulated_deform_conv2d(*inputs, 1, 1, 1, 1, 1)
    torch.testing.assert_close(ours, mmcvs, rtol=1e-12, atol=1e-12)


def test_the_operator_can_be_chosen(strict_operators):
    x, offset, mask = _inputs(1, (6, 7), 1.0)[:3]
    module = DeformableConv3x3(5, 4)
    for operator, calls in (('auto', 0), ('gather', 0), ('mmcv', 1)):
        strict_operators.types.clear()
        module.operator = operator
        module(x, offset, mask)
        assert len(strict_operators.types) == calls
    module.operator = 'cudnn'
    with pytest.raises(ValueError, match="one of .*'gather'.*, not 'cudnn'"):
        module(x, offset, mask)
