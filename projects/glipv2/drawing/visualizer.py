"""PhraseVisualizer: mmdet's visualizer with the drawings of this project."""

from collections.abc import Sequence

import numpy as np
from mmdet.registry import VISUALIZERS
from mmdet.visualization import DetLocalVisualizer
from mmengine.structures import InstanceData

from .colours import phrase_colours
from .instances import marks_of
from .marks import draw_marks


@VISUALIZERS.register_module()
class PhraseVisualizer(DetLocalVisualizer):
    """mmdet's ``DetLocalVisualizer`` whose boxes, masks and names look as everywhere.

    Colours are those of :func:`phrase_colours`, not of a data set's palette.
    """

    def _draw_instances(
        self,
        image: np.ndarray,
        instances: InstanceData,
        classes: Sequence[str] | None,
        palette: object,
    ) -> np.ndarray:
        """Draw instances, as mmdet's ``add_datasample`` asks.

        Args:
            image: (H, W, 3) uint8 RGB.
            instances: Truth or predictions.
            classes: Names by label.
            palette: Of the data set; not used.

        Returns:
            (H, W, 3) uint8 RGB.
        """
        marks = marks_of(instances, classes or ())
        colours = phrase_colours(max(marks.labels, default=-1) + 1)
        return draw_marks(image, marks, colours)
