"""Masked means and group norm against torch's own on cropped images."""

import pytest
import torch
from torch import Tensor, nn

from glipv2.models.dynamic_head.inside_statistics import GroupNormInside, mean_inside

EXTENTS = ((5, 7), (9, 1), (2, 12), (9, 12))


def batch(dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Make images (B, 6, 9, 12) and where they lie, (B, 1, 9, 12)."""
    torch.manual_seed(7)
    x = torch.randn(len(EXTENTS), 6, 9, 12).to(dtype) * 3 + 1
    inside = torch.zeros(len(EXTENTS), 1, 9, 12).to(dtype)
    for area, (height, width) in zip(inside, EXTENTS):
        area[:, :height, :width] = 1
    return x, inside


@pytest.mark.parametrize('groups', [1, 2, 3, 6])
def test_group_norm_equals_torchs_on_each_image(groups: int) -> None:
    norm = GroupNormInside(groups, 6).double()
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    x, inside = batch(torch.float64)
    x.requires_grad_()
    mine = norm(x, inside)
    plain = nn.GroupNorm(groups, 6).double()
    plain.load_state_dict(norm.state_dict())
    crops = []
    for number, (height, width) in enumerate(EXTENTS):
        crop = plain(x[number : number + 1, :, :height, :width])
        torch.testing.assert_close(mine[number : number + 1, :, :height, :width], crop)
        crops.append(crop)
    ours = torch.autograd.grad((mine.sin() * inside).sum(), [x, norm.weight, norm.bias])
    theirs = torch.autograd.grad(
        sum(crop.sin().sum() for crop in crops), [x, plain.weight, plain.bias]
    )
    for own, other in zip(ours, theirs):
        torch.testing.assert_close(own, other)


def test_without_a_mask_it_is_torchs() -> None:
    norm = GroupNormInside(2, 6)
    x, _ = batch(torch.float32)
    assert torch.equal(norm(x), nn.functional.group_norm(x, 2, norm.weight, norm.bias))
    assert set(norm.state_dict()) == {'weight', 'bias'}


def test_mean_equals_that_of_each_image() -> None:
    x, inside = batch(torch.float64)
    found = mean_inside(x, inside)
    assert found.shape == (4, 6, 1, 1)
    for number, (height, width) in enumerate(EXTENTS):
        torch.testing.assert_close(
            found[number, :, 0, 0], x[number, :, :height, :width].mean((1, 2))
        )
    torch.testing.assert_close(mean_inside(x, None)[..., 0, 0], x.mean((2, 3)))


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision_counts_every_location(dtype: torch.dtype) -> None:
    """60 x 61 locations; their number, their sum and their squares are beyond half."""
    x = torch.full((1, 2, 64, 64), 100.0, dtype=dtype)
    x[:, :, ::2] = -100
    inside = torch.zeros(1, 1, 64, 64, dtype=dtype)
    inside[:, :, :60, :61] = 1
    mean, norm = mean_inside(x + 100, inside), GroupNormInside(1, 2).to(dtype)
    assert mean.dtype == dtype
    assert mean.flatten().tolist() == [100, 100]
    assert norm(x, inside)[0, 0, :2, 0].tolist() == [-1, 1]


def test_an_image_without_locations_gives_no_nan() -> None:
    x, inside = batch(torch.float32)
    nothing = torch.zeros_like(inside)
    assert mean_inside(x, nothing).abs().sum() == 0
    assert GroupNormInside(2, 6)(x, nothing).isfinite().all()
