"""The strict operators refuse what CUDA kernels misread, and change no result."""

import pytest
import torch
from mmcv.ops import modulated_deform_conv2d, nms, roi_align, soft_nms

from tests.strict_operators import Calls


def deform_inputs(dtype: torch.dtype = torch.float32) -> list[torch.Tensor]:
    shapes = ((2, 4, 6, 7), (2, 18, 6, 7), (2, 9, 6, 7), (5, 4, 3, 3), (5,))
    return [torch.rand(shape).to(dtype) for shape in shapes]


def deform(*inputs: torch.Tensor) -> torch.Tensor:
    return modulated_deform_conv2d(*inputs, 1, 1, 1, 1, 1)


@pytest.mark.parametrize('place', [0, 1, 2])
@pytest.mark.parametrize('batch', [1, 2])
def test_a_permuted_tensor_is_refused(
    place: int, batch: int, strict_operators: Calls
) -> None:
    inputs = deform_inputs()
    inputs[:3] = [x[:batch] for x in inputs[:3]]
    permuted = inputs[place].permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
    inputs[place] = permuted
    with pytest.raises(AssertionError, match='not contiguous'):
        deform(*inputs)
    features = torch.rand(1, 4, 6, 7).to(memory_format=torch.channels_last)
    with pytest.raises(AssertionError, match='roi_align_forward.*not contiguous'):
        roi_align(features, torch.tensor([[0, 1.0, 1, 5, 5]]), (2, 2))


def test_types_without_a_kernel_are_refused(strict_operators: Calls) -> None:
    with pytest.raises(AssertionError, match='no kernel for .*bfloat16'):
        deform(*deform_inputs(torch.bfloat16))
    boxes = torch.tensor([[0, 0, 2, 2], [0, 0, 2, 2.1]], dtype=torch.float64)
    scores = torch.rand(2, dtype=torch.float64)
    for suppression in (nms, soft_nms):
        with pytest.raises(AssertionError, match='nms: no kernel for .*float64'):
            suppression(boxes, scores, 0.5)


def test_contiguous_inputs_give_the_same_results(
    request: pytest.FixtureRequest,
) -> None:
    inputs = deform_inputs()
    free = deform(*inputs)
    calls = request.getfixturevalue('strict_operators')
    assert torch.equal(deform(*inputs), free)
    assert calls.types == {'modulated_deform_conv_forward': {torch.float32}}
