"""The exported deformable convolution against mmcv's operator."""

import pytest
import torch
from mmcv.ops import modulated_deform_conv2d

from glipv2.deployment.deformable_conv import GraphDeformableConv3x3
from glipv2.models.dynamic_head.deformable_conv import DeformableConv3x3


@pytest.mark.parametrize('stride', [1, 2])
def test_equals_mmcv(stride: int) -> None:
    conv = DeformableConv3x3(4, 6, stride)
    torch.nn.init.normal_(conv.weight)
    x = torch.randn(2, 4, 9, 14)
    size = (-(-9 // stride), -(-14 // stride))
    # Also points outside the image.
    offset, mask = 4 * torch.randn(2, 18, *size), torch.rand(2, 9, *size)
    reference = modulated_deform_conv2d(
        x, offset, mask, conv.weight, conv.bias, stride, 1, 1, 1, 1
    )
    found = GraphDeformableConv3x3(conv)(x, offset, mask)
    torch.testing.assert_close(found, reference, rtol=1e-4, atol=1e-4)
