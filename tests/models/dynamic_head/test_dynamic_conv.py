"""DyConv: what it gives for an image is the same for any amount of padding."""

import pytest
import torch
from torch import Tensor

from glipv2.models.dynamic_head.dynamic_conv import DyConv, read_legacy

CHANNELS = 8
# Levels of an image alone; the sides are halved, rounded up.
EVEN = ((8, 16), (4, 8), (2, 4), (1, 2), (1, 1))
ODD = ((11, 7), (6, 4), (3, 2), (2, 1), (1, 1))


def build_block(**changes: object) -> DyConv:
    """Build a block whose offsets, masks and gates all do something."""
    torch.manual_seed(5)
    block = DyConv(CHANNELS, norm_groups=4, **changes).double()
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return block


def halved(size: tuple[int, int], levels: int) -> list[tuple[int, int]]:
    """Compute the sizes of the levels of a pyramid."""
    sizes = [size]
    for _ in range(levels - 1):
        sizes.append(tuple((side + 1) // 2 for side in sizes[-1]))
    return sizes


def padded(
    pyramid: list[Tensor], right: int, down: int
) -> tuple[list[Tensor], list[Tensor]]:
    """Put an image into a larger batch full of something else, and mask it."""
    height, width = pyramid[0].shape[-2:]
    sizes = halved((height + down, width + right), len(pyramid))
    larger, inside = [], []
    for level, size in zip(pyramid, sizes):
        around = torch.randn(*level.shape[:2], *size).double() * 3
        around[..., : level.shape[2], : level.shape[3]] = level
        larger.append(around)
        mask = torch.zeros(len(level), *size).bool()
        mask[:, : level.shape[2], : level.shape[3]] = True
        inside.append(mask)
    return larger, inside


def gradients(block: DyConv, pyramid: list[Tensor], *inside: object) -> list[Tensor]:
    """Compute levels, and gradients of parameters and levels.

    Only locations of the image, which ``inside`` marks, are asked for."""
    pyramid = [level.clone().requires_grad_() for level in pyramid]
    out = block(pyramid, *inside)
    if inside:
        out = [y * area[:, None] for y, area in zip(out, inside[0])]
    total = sum(y.sin().sum() for y in out)
    return [*out, *torch.autograd.grad(total, [*pyramid, *block.parameters()])]


@pytest.mark.parametrize('sizes', [EVEN, ODD], ids=['even', 'odd'])
@pytest.mark.parametrize('padding', [(1, 0), (0, 1), (5, 3), (16, 0), (9, 24)])
def test_the_amount_of_padding_changes_nothing(
    sizes: tuple, padding: tuple[int, int]
) -> None:
    block = build_block()
    alone = [torch.randn(2, CHANNELS, *size).double() for size in sizes]
    larger, inside = padded(alone, *padding)
    expected = gradients(block, alone)
    found = gradients(block, larger, inside)
    levels = len(sizes)
    for ours, theirs in zip(found[: 2 * levels], expected[: 2 * levels]):
        height, width = theirs.shape[-2:]
        torch.testing.assert_close(
            ours[..., :height, :width], theirs, rtol=1e-10, atol=1e-10
        )
        assert ours[..., height:, :].abs().sum() == 0  # outputs and gradients
        assert ours[..., width:].abs().sum() == 0
    for ours, theirs in zip(found[2 * levels :], expected[2 * levels :]):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-10)


def test_images_of_a_batch_may_be_of_any_sizes() -> None:
    block = build_block()
    images = [
        [torch.randn(1, CHANNELS, *size).double() for size in halved(finest, 4)]
        for finest in ((16, 9), (5, 24), (7, 7))
    ]
    parts = [
        padded(image, 24 - image[0].shape[3], 16 - image[0].shape[2])
        for image in images
    ]
    pyramid = [torch.cat(levels) for levels in zip(*(larger for larger, _ in parts))]
    inside = [torch.cat(masks) for masks in zip(*(masks for _, masks in parts))]
    together = block(pyramid, inside)
    for number, image in enumerate(images):
        for ours, alone in zip(together, block(image)):
            height, width = alone.shape[-2:]
            torch.testing.assert_close(
                ours[number, :, :height, :width], alone[0], rtol=1e-10, atol=1e-10
            )


def test_without_padding_a_mask_changes_nothing() -> None:
    block = build_block()
    pyramid = [torch.randn(2, CHANNELS, *size).double() for size in ODD]
    everywhere = [torch.ones(2, *size).bool() for size in ODD]
    for ours, theirs in zip(
        gradients(block, pyramid, everywhere), gradients(block, pyramid)
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision_stays_half_and_near(dtype: torch.dtype) -> None:
    block = build_block()
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    # 4,608 locations: more than half precision can count.
    pyramid, inside = padded(
        [torch.randn(1, CHANNELS, *size).double() for size in halved((64, 72), 2)], 8, 8
    )
    expected = block(pyramid, inside)
    half = block.to(dtype)([level.to(dtype) for level in pyramid], inside)
    for ours, theirs, area in zip(half, expected, inside):
        assert ours.dtype == dtype
        error = ((ours.double() - theirs) * area[:, None]).norm() / theirs.norm()
        assert error < 16 * torch.finfo(dtype).eps


def test_autocast_gives_all_levels_one_type_with_padding_and_without() -> None:
    block = build_block().float()
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    alone = [torch.randn(1, CHANNELS, *size) for size in ODD]
    larger, inside = padded([level.double() for level in alone], 5, 3)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        together = block([level.float() for level in larger], inside)
        plain = block(alone)
    assert {level.dtype for level in (*together, *plain)} == {torch.bfloat16}
    for ours, theirs in zip(together, plain):
        ours = ours[..., : theirs.shape[2], : theirs.shape[3]]
        assert (ours - theirs).norm() < 0.05 * theirs.norm()


def test_a_pyramid_that_does_not_halve_is_refused() -> None:
    pyramid = [torch.randn(1, CHANNELS, *size).double() for size in ((5, 6), (2, 3))]
    with pytest.raises(ValueError, match=r'level 1 is \(2, 3\), but half .* is \(3, 3'):
        build_block()(pyramid)


def test_released_weights_use_numbers_in_memory_order() -> None:
    x = torch.arange(2 * 24.0).view(1, 2, 4, 6)  # 2 channels, to be read as 2 x 3
    read = read_legacy(x, (2, 3))
    assert read.flatten().tolist() == list(range(12))


def test_legacy_resizing_aligns_corners() -> None:
    block = build_block(legacy_offsets=True)
    rows = torch.arange(3.0).view(1, 1, 3, 1).expand(1, 1, 3, 4)
    enlarged = block._enlarge(rows, (6, 8), None)
    # The first and the last row fall on the coarser level's, the rest between them.
    expected = torch.linspace(0, 2, 6).view(1, 1, 6, 1).expand(1, 1, 6, 8)
    torch.testing.assert_close(enlarged, expected)
