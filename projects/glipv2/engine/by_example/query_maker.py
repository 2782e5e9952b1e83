"""QueryMaker: a model that looks at examples."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from torch import Tensor, nn

from ...models.exemplars.box_queries import box_queries, finest_stride

SLACK = 1.0  # pixels that a box may reach over its image: annotators round


class QueryMaker:
    """Computes queries of boxes as predictions see their image.

    Args:
        model: The detector, in evaluation mode.
        pipeline: The test pipeline without its loader.
    """

    def __init__(self, model: nn.Module, pipeline: Callable[[dict], dict]) -> None:
        self.model = model
        self.pipeline = pipeline

    def queries(self, read: dict, boxes: Sequence[Sequence[float]]) -> Tensor:
        """Compute the queries of the boxes of one image.

        Args:
            read: The image as a loader reads it: ``img`` (H, W, 3) BGR and its shapes.
            boxes: n boxes x1, y1, x2, y2 in pixels of the image.

        Returns:
            (n, 1, C) float32 on the CPU.

        Raises:
            ValueError: If a box is none, is outside the image or smaller than a cell
                of the finest level (names it).
        """
        for box in boxes:
            check_box(box, read['img'].shape[:2])
        found, sides, cell = self.look(read, boxes)
        for box, side in zip(boxes, sides):
            if side < cell:
                raise ValueError(
                    f'the example {_shown(box)} is {side:.1f} pixels wide or high as '
                    f'the model sees it, less than its cell of {cell}: take a larger '
                    'one, or cut the image to it'
                )
        return found

    @torch.no_grad()
    def look(
        self, read: dict, boxes: Sequence[Sequence[float]]
    ) -> tuple[Tensor, list[float], int]:
        """Compute queries, whatever their size.

        Args:
            read: As :meth:`queries`.
            boxes: Likewise, inside the image.

        Returns:
            (n, 1, C) float32 on the CPU, the shorter side of each box in pixels of the
            input, and the side of a cell there.
        """
        packed = self.pipeline(dict(read, img_id=0, text=('object',)))
        data = self.model.data_preprocessor(pseudo_collate([packed]), False)
        inputs, (sample,) = data['inputs'], data['data_samples']
        pyramid = self.model.extract_feat(inputs)
        scale = inputs.new_tensor(sample.scale_factor).repeat(2)
        scaled = inputs.new_tensor(np.asarray(boxes, dtype=np.float32)) * scale
        size = tuple(inputs.shape[-2:])
        found = box_queries(pyramid, scaled, size, tuple(sample.img_shape[:2]))
        sides = (scaled[:, 2:] - scaled[:, :2]).amin(1).tolist()
        return found[:, None].float().cpu(), sides, finest_stride(pyramid, size)


def check_box(box: Sequence[float], shape: tuple[int, int]) -> None:
    """Refuse a box that is none or is not inside its image.

    Args:
        box: x1, y1, x2, y2 in pixels.
        shape: (H, W) of the image.

    Raises:
        ValueError: If it is refused.
    """
    try:
        x1, y1, x2, y2 = map(float, box)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f'the box of an example must be four numbers x1, y1, x2, y2, not {box!r}'
        ) from error
    if not all(map(math.isfinite, (x1, y1, x2, y2))) or x1 >= x2 or y1 >= y2:
        raise ValueError(f'the example {_shown(box)} has no area: x1 < x2, y1 < y2')
    height, width = shape
    if min(x1, y1) < -SLACK or x2 > width + SLACK or y2 > height + SLACK:
        raise ValueError(
            f'the example {_shown(box)} reaches out of its image of {width} x '
            f'{height} pixels'
        )


def _shown(box: Sequence[float]) -> str:
    return f'[{", ".join(f"{float(x):g}" for x in box)}]'
