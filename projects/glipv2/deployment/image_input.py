"""The first part of every exported graph: from an image to its feature pyramid."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import BoolTensor, Tensor, nn

from ..models import GLIPv2


class ImageInput(nn.Module):
    """Normalises and pads an image, and computes O0.

    Args:
        model: An exportable detector.
        preprocess: Whether the input is a uint8 image; otherwise it is normalised.
        dtype: Of the network.
    """

    def __init__(self, model: GLIPv2, preprocess: bool, dtype: torch.dtype) -> None:
        super().__init__()
        self.preprocess, self.dtype = preprocess, dtype
        prepare = model.data_preprocessor
        self.divisor, self.pad_value = prepare.pad_size_divisor, prepare.pad_value
        self.flip_channels = not prepare._channel_conversion  # files hold RGB
        self.register_buffer('mean', prepare.mean.float())  # (3, 1, 1)
        self.register_buffer('std', prepare.std.float())
        self.backbone = model.backbone.to(dtype)
        self.neck = model.neck.to(dtype) if model.with_neck else nn.Identity()
        self.strides = model.bbox_head.prior_generator.strides  # (x, y) of each level

    def forward(
        self, image: Tensor
    ) -> tuple[Sequence[Tensor], list[BoolTensor], tuple[int, int], Tensor]:
        """Compute the feature pyramid of an image.

        Args:
            image: (H, W, 3) uint8 RGB, or (1, 3, H, W) float32, normalised, without
                ``preprocess``.

        Returns:
            O0, levels (1, C, H_i, W_i); per level (1, H_i, W_i), true inside the
            image; (H, W); the backbone's first output (1, D, h, w).
        """
        x = self._normalise(image) if self.preprocess else image
        size = tuple(x.shape[-2:])
        x = self._pad(x).to(self.dtype)
        levels = self.backbone(x)
        pyramid = self.neck(levels)
        return pyramid, self._inside(size, pyramid), size, levels[0]

    def _normalise(self, image: Tensor) -> Tensor:
        x = image.permute(2, 0, 1).float()  # (3, H, W)
        if self.flip_channels:
            x = x.flip(0)
        return ((x - self.mean) / self.std)[None]

    def _pad(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        down, right = (
            (side + self.divisor - 1) // self.divisor * self.divisor - side
            for side in (height, width)
        )
        return F.pad(x, (0, right, 0, down), value=self.pad_value)

    def _inside(
        self, size: tuple[int, int], pyramid: Sequence[Tensor]
    ) -> list[BoolTensor]:
        """Mark locations inside the image; ``inside_masks`` cannot infer strides from
        dynamic sizes."""
        masks = []
        for level, strides in zip(pyramid, self.strides):
            rows, columns = (
                torch.arange(count, device=level.device) * stride < extent
                for count, stride, extent in zip(level.shape[-2:], strides[::-1], size)
            )
            masks.append((rows[:, None] & columns)[None])
        return masks
