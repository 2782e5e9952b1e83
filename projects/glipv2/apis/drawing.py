"""Predictions drawn on their image, each phrase in a colour of its own."""

import textwrap
from threading import RLock

import numpy as np
from mmdet.structures import DetDataSample
from mmdet.visualization import DetLocalVisualizer
from mmdet.visualization.palette import get_palette

from .defaults import SCORE
from .predictions import text_of, to_dict

Colour = tuple[int, int, int]
DRAWING = RLock()  # matplotlib, and numpy's random numbers in mmdet's palettes
LETTER = 7.5  # width of a letter of a sentence, px; our choice


def phrase_colours(count: int, palette: str = 'none') -> list[Colour]:
    """Choose a colour for each phrase.

    Args:
        count: How many phrases there are.
        palette: A palette that mmdet knows by name; ``'none'``: bright ones of ours.

    Returns:
        (red, green, blue) by label; a palette that is too short starts over.
    """
    if palette in ('none', 'random'):
        with DRAWING:
            return [tuple(x) for x in get_palette('random', max(count, 1))]
    colours = get_palette(palette, 1)
    return [tuple(colours[label % len(colours)]) for label in range(max(count, 1))]


def draw_prediction(
    visualizer: DetLocalVisualizer,
    image: np.ndarray,
    sample: DetDataSample | None,
    palette: str = 'none',
    score_thr: float = SCORE,
) -> np.ndarray:
    """Draw boxes, masks and the predicted sentence.

    Args:
        visualizer: mmdet's.
        image: (H, W, 3) uint8 BGR.
        sample: A prediction; None: nothing is drawn.
        palette: As in :func:`phrase_colours`.
        score_thr: Least score of a drawn box.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    image = np.ascontiguousarray(image[..., ::-1])
    if sample is None:
        return image
    with DRAWING:
        shown = DetDataSample()
        if 'pred_instances' in sample:
            shown.pred_instances = sample.pred_instances.clone()
            count = max(shown.pred_instances.labels.tolist(), default=-1) + 1
            shown.pred_instances.label_names = [
                plain(name) for name in sample.pred_instances.label_names
            ]
            visualizer.dataset_meta = dict(palette=phrase_colours(count, palette))
        visualizer.add_datasample(
            'picture', image, shown, draw_gt=False, pred_score_thr=score_thr
        )
        if 'pred_answer' in sample or 'pred_caption' in sample:
            lines = textwrap.wrap(
                text_of(to_dict(sample)), int(image.shape[1] / LETTER)
            )
            visualizer.draw_texts(
                plain('\n'.join(lines)),
                np.array([[2, 2]]),
                font_sizes=11,
                colors='w',
                bboxes=[dict(facecolor='black', alpha=0.8, pad=2, edgecolor='none')],
            )
        return visualizer.get_image()


def plain(text: str) -> str:
    """Keep matplotlib from reading dollars as formulas."""
    return text.replace('$', r'\$')
