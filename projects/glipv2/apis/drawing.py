"""Predictions drawn on their image, each phrase in a colour of its own."""

import numpy as np
from mmdet.structures import DetDataSample

from ..drawing.colours import BLACK, phrase_colours
from ..drawing.instances import marks_of
from ..drawing.marks import draw_marks, letter_size
from ..drawing.sentence import coloured_parts, sentence_image
from .defaults import SCORE
from .predictions import sentence_of

# Shares of the image's height that a sentence may cover; our choice. A grounded one
# repeats what the labels say and is left out where it does not fit; nothing else shows
# an answer or a caption, which is cut.
MOST_OF_GROUNDED, MOST_OF_PREDICTED = 0.15, 0.5


def draw_prediction(
    image: np.ndarray,
    sample: DetDataSample | None,
    palette: str = 'none',
    score_thr: float = SCORE,
    colour_by_id: bool = False,
) -> np.ndarray:
    """Draw boxes, masks and, over the lower edge, the sentence.

    Args:
        image: (H, W, 3) uint8 BGR.
        sample: A prediction; None: nothing is drawn.
        palette: As in :func:`~glipv2.drawing.colours.phrase_colours`.
        score_thr: Least score of a drawn box.
        colour_by_id: Whether a tracked object keeps a colour of its own.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    drawn = np.ascontiguousarray(image[..., ::-1])
    if sample is None:
        return drawn
    height, width = drawn.shape[:2]
    sentence = _sentence(width, height, sample, palette)
    top = height - len(sentence)
    if 'pred_instances' in sample:
        marks = marks_of(
            sample.pred_instances, score_thr=score_thr, colour_by_id=colour_by_id
        )
        colours = phrase_colours(max(marks.labels, default=-1) + 1, palette)
        taken = [(0, top, width, height)] if len(sentence) else []
        drawn = draw_marks(drawn, marks, colours, taken)
    return np.concatenate((drawn[:top], sentence))


def _sentence(
    width: int, height: int, sample: DetDataSample, palette: str
) -> np.ndarray:
    """Write the sentence, (h, W, 3) RGB; h is 0 where none is shown."""
    text, spans = sentence_of(sample)
    parts = coloured_parts(text, spans, phrase_colours(len(spans), palette))
    predicted = 'pred_answer' in sample or 'pred_caption' in sample
    most = round((MOST_OF_PREDICTED if predicted else MOST_OF_GROUNDED) * height)
    letter = letter_size(width, height)
    whole = sentence_image(parts, width, letter, paper=BLACK)
    if len(whole) <= most:
        return whole
    return sentence_image(parts, width, letter, most if predicted else 0, BLACK)
