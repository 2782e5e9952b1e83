"""Which quantities are float32 whatever the precision of the model or of autocast.

A model may be float64, float32, float16 or bfloat16, and a float32 model may run under
autocast. Products and convolutions then use that type. These do not:

- coordinates (boxes, anchors, box deltas, sampling points and the weights of the pixels
  around them), by :func:`at_least_float32`: from 128 on float16 has steps of 1/8 pixel,
  bfloat16 of 1 pixel;
- counts that losses are divided by, by :func:`count_of`: bfloat16 counts 1,001 as
  1,000, and float16 ends at 65,504;
- L2 norms, by :func:`unit_vectors`: the least norm, 1e-12, is 0 in float16, and 0 / 0
  is NaN;
- logits of losses and scores, centerness among them, by :func:`at_least_float32`:
  sigmoid, softmax and logarithm would lose digits that half precision still has;
- sums over locations or words (softmax statistics, counts of probabilities), likewise:
  small terms vanish beside a large sum;
- what mmcv's compiled operators read, by ``compiled_operators``: there are no kernels
  for bfloat16, and they compute coordinates in the type that they get.

"At least": float64 stays float64, so that a model in doubles computes in doubles
throughout; only mmcv's suppression, mmdet's pasting of masks and mmdet's loss of the
centerness know no doubles and use float32. A layer that reads such a quantity gets it
in the type of its weights.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

LEAST_NORM = 1e-12  # a vector of zeros stays one


def exact_type(x: Tensor) -> torch.dtype:
    """Choose the type of what is made for a tensor and is one of the above.

    Args:
        x: Of any type.

    Returns:
        float64 if ``x`` is, else float32.
    """
    return torch.promote_types(x.dtype, torch.float32)


def at_least_float32(x: Tensor) -> Tensor:
    """Give half precision the range and digits of float32.

    Args:
        x: Of any shape and type.

    Returns:
        The same numbers: float64 if ``x`` is, else float32; ``x`` itself if it is
        one of these.
    """
    return x.to(exact_type(x))


def unit_vectors(x: Tensor) -> Tensor:
    """Scale vectors to length 1, measured in float32.

    Args:
        x: (..., C) of any floating type.

    Returns:
        (..., C) float32, or float64 if ``x`` is; vectors of zeros stay zeros.
    """
    return F.normalize(at_least_float32(x), dim=-1, eps=LEAST_NORM)


def count_of(number: float, like: Tensor) -> Tensor:
    """Make the number of things that a loss is divided by.

    Args:
        number: Of things.
        like: What is counted; gives the device, and float64 if it is float64.

    Returns:
        () float32 or float64. It is made on the device, so nothing waits for it.
    """
    return torch.full((), float(number), dtype=exact_type(like), device=like.device)
