"""The exported "same" padding against mmcv's."""

import pytest
import torch
from mmcv.cnn.bricks import Conv2dAdaptivePadding

from glipv2.deployment.adaptive_padding import GraphAdaptivePadding


@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('kernel', [1, 3, 5])
@pytest.mark.parametrize('dilation', [1, 2])
def test_equals_mmcv(kernel: int, stride: int, dilation: int) -> None:
    conv = Conv2dAdaptivePadding(4, 6, kernel, stride, dilation=dilation)
    x = torch.randn(2, 4, 8, 14)
    torch.testing.assert_close(GraphAdaptivePadding(conv)(x), conv(x))


def test_a_stride_that_does_not_divide() -> None:
    graph = GraphAdaptivePadding(Conv2dAdaptivePadding(4, 6, 3, 2))
    with pytest.raises(ValueError, match='pad_size_divisor must be a multiple'):
        graph(torch.randn(1, 4, 9, 14))
