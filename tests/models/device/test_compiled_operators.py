"""The calls of mmcv's operators: layouts, types, and that there are no others."""

import ast
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from mmdet.models.roi_heads.roi_extractors import SingleRoIExtractor
from torch import Tensor

import glipv2
from glipv2.models.device.compiled_operators import (
    deform_conv3x3,
    region_features,
    suppress,
)
from glipv2.models.dynamic_head.deformable_conv import gathered_deform_conv3x3
from tests.strict_operators import Calls

VERSIONS = {'get_compiler_version', 'get_compiling_cuda_version'}  # no operators
TYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def permuted(x: Tensor) -> Tensor:
    """Keep the numbers and turn the memory around."""
    return x.permute(3, 2, 1, 0).contiguous().permute(3, 2, 1, 0)


def deform_inputs() -> list[Tensor]:
    return [
        torch.randn(2, 5, 6, 7), torch.randn(2, 18, 6, 7), torch.rand(2, 9, 6, 7),
        torch.randn(4, 5, 3, 3), torch.randn(4),
    ]  # fmt: skip


@pytest.mark.parametrize('dtype', TYPES)
def test_deformable_convolution_of_any_layout_and_type(
    dtype: torch.dtype, strict_operators: Calls
) -> None:
    inputs = [x.to(dtype) for x in deform_inputs()]
    expected = gathered_deform_conv3x3(*(x.double() for x in inputs), 1)
    turned = [permuted(x) if x.dim() == 4 else x for x in inputs]
    with torch.autocast('cpu', torch.bfloat16):
        found = deform_conv3x3(*turned, 1)
    assert found.dtype == dtype
    eps = torch.finfo(dtype).eps
    torch.testing.assert_close(found.double(), expected, rtol=4 * eps, atol=64 * eps)


@pytest.mark.parametrize('dtype', TYPES)
def test_regions_of_any_layout_and_type(
    dtype: torch.dtype, strict_operators: Calls
) -> None:
    """A ramp is sampled exactly, even where half precision has no such coordinate."""
    extractor = SingleRoIExtractor(
        dict(type='RoIAlign', output_size=2, sampling_ratio=1), 1, [1]
    )
    ramp = (torch.arange(512) % 4).float().expand(1, 1, 8, 512)
    rois = torch.tensor([[0, 301.5, 2.5, 303.5, 4.5]])
    found = region_features(extractor, [permuted(ramp.to(dtype))], rois)
    assert found.dtype == dtype
    # Cells of a pixel's width, whose middles are columns 301.5 and 302.5.
    expected = torch.tensor([1.5, 2.5]).expand(1, 1, 2, 2)
    torch.testing.assert_close(found.float(), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize('dtype', TYPES)
@pytest.mark.parametrize('kind', ['nms', 'soft_nms'])
def test_suppression_of_any_layout_and_type(
    dtype: torch.dtype, kind: str, strict_operators: Calls
) -> None:
    boxes = torch.tensor([[0, 0, 8, 8], [0, 0, 8, 7], [0, 0, 8, 6], [16, 16, 24, 24]])
    scores = torch.tensor([0.5, 0.75, 0.25, 0.125], dtype=dtype)
    labels = torch.tensor([0, 0, 1, 1])
    turned = boxes.to(dtype).T.contiguous().T
    found, rows = suppress(turned, scores, labels, dict(type=kind, iou_threshold=0.5))
    assert found.dtype == dtype
    if kind == 'nms':  # the first box overlaps the second by 7/8
        assert rows.tolist() == [1, 2, 3]
        torch.testing.assert_close(found, scores[rows])
    else:  # and its score loses that share
        assert rows.tolist() == [1, 2, 3, 0]
        expected = torch.tensor([0.75, 0.25, 0.125, 0.5 / 8])
        torch.testing.assert_close(found.float(), expected, rtol=0.01, atol=1e-4)


def test_scores_in_doubles_keep_their_digits() -> None:
    scores = torch.rand(9, dtype=torch.float64)
    boxes = torch.arange(9.0)[:, None] * 4 + torch.tensor([0, 0, 2, 2])
    found, rows = suppress(
        boxes, scores, torch.zeros(9).long(), dict(type='nms', iou_threshold=0.5)
    )
    assert torch.equal(found, scores.sort(descending=True)[0])
    assert torch.equal(scores[rows], found)


def test_no_box_is_suppressed() -> None:
    nothing = torch.zeros(0)
    found, rows = suppress(
        nothing.view(0, 4), nothing, nothing.long(), dict(type='nms', iou_threshold=0.5)
    )
    assert len(found) == len(rows) == 0


def test_gradients_reach_inputs_of_their_own_type(strict_operators: Calls) -> None:
    inputs = [x.bfloat16().requires_grad_() for x in deform_inputs()]
    pull = torch.randn(2, 4, 6, 7)
    (deform_conv3x3(*inputs, 1) * pull).sum().backward()
    plain = [x.detach().double().requires_grad_() for x in inputs]
    (gathered_deform_conv3x3(*plain, 1) * pull).sum().backward()
    for ours, theirs in zip(inputs, plain):
        assert ours.grad.dtype == torch.bfloat16
        assert F.cosine_similarity(ours.grad.double().flatten(), theirs.grad.flatten(),
                                   dim=0) > 0.999  # fmt: skip


def test_nothing_else_calls_a_compiled_operator() -> None:
    root = Path(glipv2.__file__).parent
    callers = set()
    for path in root.rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            module = getattr(node, 'module', None) or ''
            if isinstance(node, ast.ImportFrom) and module.startswith('mmcv.ops'):
                operators = {x.name for x in node.names} - VERSIONS
                callers |= {path.relative_to(root).as_posix()} if operators else set()
    assert callers == {'models/device/compiled_operators.py'}
