"""Quantities that are at least float32 in any precision of the model or of autocast.

A model may be float64, float32, float16 or bfloat16, and a float32 model may run under
autocast. Products and convolutions then use that type, but not:

- coordinates (boxes, anchors, box deltas, sampling points and the weights of the pixels
  around them), by :func:`at_least_float32`: from 128 on float16 has steps of 1/8 pixel,
  bfloat16 of 1 pixel;
- counts that losses are divided by, by :func:`count_of`: bfloat16 counts 1,001 as
  1,000, and float16 ends at 65,504;
- L2 norms, by :func:`unit_vectors`: the least norm, 1e-12, is 0 in float16, and 0 / 0
  is NaN;
- logits of losses and scores, centerness included, by :func:`at_least_float32`:
  sigmoid, softmax and logarithm would lose digits that half precision still has;
- sums over locations or words (softmax statistics, counts of probabilities), likewise:
  small terms vanish beside a large sum;
- inputs of mmcv's compiled operators, by ``compiled_operators``.

float64 stays float64 throughout; only mmcv's suppression, mmdet's pasting of masks and
mmdet's centerness loss do not support it and use float32. A layer gets such a quantity
in the dtype of its weights.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

LEAST_NORM = 1e-12  # a vector of zeros stays one


def exact_type(x: Tensor) -> torch.dtype:
    """Return float64 if ``x`` is float64, else float32."""
    return torch.promote_types(x.dtype, torch.float32)


def at_least_float32(x: Tensor) -> Tensor:
    """Convert ``x`` to float32, unless it is float32 or float64 already."""
    return x.to(exact_type(x))


def unit_vectors(x: Tensor) -> Tensor:
    """Scale vectors to length 1.

    Args:
        x: (..., C) of any floating type.

    Returns:
        (..., C), at least float32; vectors of zeros stay zeros.
    """
    return F.normalize(at_least_float32(x), dim=-1, eps=LEAST_NORM)


def count_of(number: float, like: Tensor) -> Tensor:
    """Make a count that a loss is divided by, without waiting for the device.

    Args:
        number: The count.
        like: Gives the device and dtype.

    Returns:
        (), at least float32.
    """
    return torch.full((), float(number), dtype=exact_type(like), device=like.device)
