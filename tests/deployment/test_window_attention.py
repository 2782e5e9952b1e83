"""The exported window attention against mmdet's."""

import pytest
import torch
from mmdet.models.backbones.swin import ShiftWindowMSA

from glipv2.deployment.window_attention import GraphWindowAttention


@pytest.mark.parametrize('shift', [0, 3])
@pytest.mark.parametrize('size', [(14, 21), (9, 16), (4, 5)])
def test_equals_mmdet(shift: int, size: tuple[int, int]) -> None:
    attention = ShiftWindowMSA(8, 2, 7, shift_size=shift).eval()
    torch.nn.init.normal_(attention.w_msa.relative_position_bias_table)
    x = torch.randn(1, size[0] * size[1], 8)
    with torch.no_grad():
        reference = attention(x, size)
        found = GraphWindowAttention(attention)(x, size)
    torch.testing.assert_close(found, reference)
