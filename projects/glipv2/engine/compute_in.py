"""float32 or bfloat16: what a model computes in."""

import logging

import torch
from mmdet.structures import DetDataSample
from mmengine.logging import print_log
from torch import Tensor, nn

PRECISIONS = ('fp32', 'bf16', 'auto')
FAST_ON_CPU = ('amx_bf16', 'avx512_bf16')  # instructions that multiply bfloat16
CHECKED_SIDE = 128  # px, of the image of the self-check
MOST_CHANGE = 0.05  # of a score in the self-check; our choice


def compute_in(model: nn.Module, precision: str) -> str:
    """Convert the weights of a model once, for a faster prediction.

    What loses by it stays in float32 (``models.device.precision``).

    Args:
        model: In float32, on its device.
        precision: ``'fp32'``; ``'bf16'``; or ``'auto'``: bfloat16 where the processor
            multiplies it fast, and the model says the same in it.

    Returns:
        ``'fp32'`` or ``'bf16'``, which is taken.

    Raises:
        ValueError: If there is no such precision.
    """
    if check_precision(precision) == 'fp32':
        return 'fp32'
    if precision == 'bf16':
        model.bfloat16()
        return 'bf16'
    if not is_bf16_fast(next(model.parameters()).device):
        return 'fp32'
    expected = _scores(model)
    # Back to float32 the digits are lost: what is kept is a copy.
    weights = {key: value.clone() for key, value in model.state_dict().items()}
    change = float((_scores(model.bfloat16()) - expected).abs().max())
    if change <= MOST_CHANGE:  # not if it is NaN
        return 'bf16'
    model.float().load_state_dict(weights)
    print_log(
        f'computing in float32: in bfloat16 a score changes by {change:.2f}',
        logger='current',
        level=logging.WARNING,
    )
    return 'fp32'


def check_precision(precision: str) -> str:
    """Check a precision before anything is loaded.

    Args:
        precision: As of :func:`compute_in`.

    Returns:
        The same.

    Raises:
        ValueError: If there is no such precision.
    """
    if precision not in PRECISIONS:
        raise ValueError(
            f'unknown precision {precision!r}; there are {", ".join(PRECISIONS)}'
        )
    return precision


def is_bf16_fast(device: torch.device) -> bool:
    """Tell whether a device multiplies bfloat16 faster than float32.

    Args:
        device: The device.
    """
    if device.type == 'cuda':
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != 'cpu':
        return False
    # Not in torch before 2.12.
    there = getattr(torch.cpu, 'get_capabilities', dict)()
    return any(there.get(name, False) for name in FAST_ON_CPU)


@torch.no_grad()
def _scores(model: nn.Module) -> Tensor:
    """Compute the scores of all words and places of an image of noise."""
    device = next(model.parameters()).device
    noise = torch.Generator().manual_seed(0)
    image = torch.randn(1, 3, CHECKED_SIDE, CHECKED_SIDE, generator=noise)
    shape = (CHECKED_SIDE, CHECKED_SIDE)
    sample = DetDataSample(
        metainfo=dict(
            text=('thing', 'red thing'), img_path='self-check', img_shape=shape,
            ori_shape=shape, batch_input_shape=shape, scale_factor=(1.0, 1.0),
        )
    )  # fmt: skip
    logits, _, _ = model(image.to(device), [sample], mode='tensor')
    return logits.float().sigmoid()
