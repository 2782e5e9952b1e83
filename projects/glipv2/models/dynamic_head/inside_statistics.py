"""Mean and group norm over the locations of an image, without the batch's padding.

Shapes: B batch, C channels, H x W a pyramid level. ``inside`` is (B, 1, H, W), one
where a location lies in its image, else zero; None: everywhere, computed by torch's own
kernels.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from ..device.precision import at_least_float32


def mean_inside(x: Tensor, inside: Tensor | None) -> Tensor:
    """Average each channel over the image.

    Args:
        x: (B, C, H, W).
        inside: (B, 1, H, W), or None.

    Returns:
        (B, C, 1, 1), of the dtype of ``x``.
    """
    if inside is None:
        return F.adaptive_avg_pool2d(x, 1)
    total = (at_least_float32(x) * inside).sum((2, 3), keepdim=True)
    return (total / _count(inside)).to(x.dtype)


class GroupNormInside(nn.GroupNorm):
    """Group norm with the mean and variance of the image itself."""

    def forward(self, x: Tensor, inside: Tensor | None = None) -> Tensor:
        """Normalise.

        Args:
            x: (B, C, H, W).
            inside: (B, 1, H, W), or None.

        Returns:
            (B, C, H, W), of the dtype of ``x``; the padding is normalised, too.
        """
        if inside is None:
            return super().forward(x)
        grouped = at_least_float32(x).unflatten(
            1, (self.num_groups, -1)
        )  # (B, G, C / G, H, W)
        inside = inside[:, None].to(grouped.dtype)  # (B, 1, 1, H, W)
        count = _count(inside) * grouped.shape[2]
        mean = (grouped * inside).sum((2, 3, 4), keepdim=True) / count
        centred = grouped - mean
        variance = (centred.square() * inside).sum((2, 3, 4), keepdim=True) / count
        weight = self.weight.view(self.num_groups, -1, 1, 1)
        scale = (variance + self.eps).rsqrt() * weight  # (B, G, C / G, 1, 1)
        bias = self.bias.view(-1, 1, 1).to(grouped.dtype)
        scaled = (centred * scale.to(grouped.dtype)).flatten(1, 2)
        return (scaled + bias).to(x.dtype)


def _count(inside: Tensor) -> Tensor:
    # At least 1, so that an image without locations gives zeros and not NaN.
    return at_least_float32(inside).sum((-2, -1), keepdim=True).clamp(min=1)
