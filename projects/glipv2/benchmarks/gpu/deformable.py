"""mmcv's deformable convolution against the gather: equal, and which is faster."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from ...models.device.compiled_operators import deform_conv3x3
from ...models.dynamic_head.deformable_conv import gathered_deform_conv3x3
from ..measure import time_in_turns
from .equality import LARGEST, relative
from .settings import Findings, Settings, finishing

# Images, channels, height, width: levels P3, P4 and P5 of an image of 800x1333.
SHAPES = ((2, 256, 100, 168), (2, 256, 50, 84), (2, 256, 25, 42))
SMALL = ((2, 16, 8, 12),)
STRIDES = (1, 2)


def check(settings: Settings) -> Findings:
    """Compare and time both, forward and backward, in float32.

    Returns:
        Differences and milliseconds by shape.
    """
    shapes = SMALL if settings.self_test else SHAPES
    rows = [compare(shape, stride, settings) for shape in shapes for stride in STRIDES]
    ours, theirs = (sum(row[key] for row in rows) for key in ('gather ms', 'mmcv ms'))
    faster = 'the gather' if ours < theirs else "mmcv's operator"
    return Findings(
        rows,
        all(row['apart'] <= LARGEST for row in rows),
        (
            f'Over all shapes {faster} is faster: {min(ours, theirs):.3g} ms against '
            f'{max(ours, theirs):.3g} ms.',
        ),
    )


def compare(
    shape: tuple[int, int, int, int], stride: int, settings: Settings
) -> dict[str, object]:
    """Compare one shape; a row of the table."""
    inputs = make_inputs(shape, stride, settings.device)
    runs = [
        partial(gradients, form, inputs, stride)
        for form in (gathered_deform_conv3x3, deform_conv3x3)
    ]
    apart = max(relative(a, b) for a, b in zip(*(run() for run in runs), strict=True))
    timed = [finishing(run, settings.device) for run in runs]
    ours, theirs = time_in_turns(timed, 3 if settings.quick else 20)
    return {
        'shape': 'x'.join(map(str, shape)), 'stride': stride, 'apart': apart,
        'gather ms': 1e3 * ours, 'mmcv ms': 1e3 * theirs,
    }  # fmt: skip


def make_inputs(shape: tuple[int, ...], stride: int, device: str) -> list[Tensor]:
    """Make x, offsets, masks, weight and bias with gradients."""
    batch, channels, height, width = shape
    out = (-(-height // stride), -(-width // stride))
    generator = torch.Generator().manual_seed(0)

    def draw(*size: int) -> Tensor:
        return torch.randn(*size, generator=generator)

    tensors = (
        draw(batch, channels, height, width), draw(batch, 18, *out),
        draw(batch, 9, *out).sigmoid(), 0.01 * draw(channels, channels, 3, 3),
        draw(channels),
    )  # fmt: skip
    return [x.to(device).requires_grad_() for x in tensors]


def gradients(form: Callable, inputs: list[Tensor], stride: int) -> list[Tensor]:
    """Run forward and backward; the output and all gradients."""
    out = form(*inputs, stride=stride)
    return [out.detach(), *torch.autograd.grad(out.square().mean(), inputs)]
