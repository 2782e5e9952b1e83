"""RoIAlign of matrix products against mmcv's operator in mmdet's extractor."""

import pytest
import torch
from mmdet.models.roi_heads.roi_extractors import SingleRoIExtractor

from glipv2.deployment.region_features import RegionFeatures


@pytest.mark.parametrize('sampling_ratio', [0, 2])
@pytest.mark.parametrize('strides', [[8], [8, 16, 32]])
def test_equals_mmdet(sampling_ratio: int, strides: list[int]) -> None:
    layer = dict(type='RoIAlign', output_size=14, sampling_ratio=sampling_ratio)
    extractor = SingleRoIExtractor(layer, 4, strides, finest_scale=28)
    pyramid = [torch.randn(2, 4, 256 // s, 384 // s) for s in strides]
    corner = torch.rand(40, 2) * torch.tensor([384.0, 256])
    extent = torch.rand(40, 2).square() * (torch.tensor([384.0, 256]) - corner)
    boxes = torch.cat((corner, corner + extent), 1)
    boxes[0] = torch.tensor([0.0, 0, 384, 256])
    boxes[1] = torch.tensor([50.0, 60, 50, 60])  # no area
    prompt = torch.arange(40) % 2
    reference = extractor(pyramid, torch.cat((prompt[:, None], boxes), 1))
    found = RegionFeatures(extractor)(pyramid, boxes, prompt)
    torch.testing.assert_close(found, reference, rtol=1e-4, atol=1e-4)
