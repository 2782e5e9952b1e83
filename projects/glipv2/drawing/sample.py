"""Drawings of samples after the pipeline, with their text below."""

import numpy as np
from mmdet.structures import DetDataSample
from PIL import Image

from ..text.sample_text import prompt_of
from .colours import Colour, phrase_colours
from .instances import marks_of
from .marks import draw_marks, letter_size
from .sentence import Part, coloured_parts, sentence_image

LEAST_WIDTH = 480  # pixels; smaller images are enlarged


def draw_sample(sample: dict) -> Image.Image:
    """Draw a packed sample: image, boxes, masks, and its text below.

    Args:
        sample: ``inputs`` (3, H, W) BGR and ``data_samples``.

    Returns:
        The image.
    """
    data: DetDataSample = sample['data_samples']
    pixels = sample['inputs'].float().clamp(0, 255).byte().numpy()
    pixels = pixels[::-1].transpose(1, 2, 0)  # (H, W, 3) RGB
    zoom = max(1, -(-LEAST_WIDTH // pixels.shape[1]))
    pixels = pixels.repeat(zoom, 0).repeat(zoom, 1)
    parts, names, colours = _text_of(data)
    marks = marks_of(data.gt_instances, names, zoom)
    drawn = draw_marks(pixels, marks, colours)
    height, width = drawn.shape[:2]
    below = sentence_image(parts, width, letter_size(width, height))
    return Image.fromarray(np.concatenate((drawn, below)))


def _text_of(data: DetDataSample) -> tuple[list[Part], tuple[str, ...], list[Colour]]:
    """Find the words, and the names and colours by label."""
    if data.get('task') in ('vqa', 'caption'):
        answers = data.get('gt_answers') or data.get('gt_captions') or ()
        words = f'{data.text} {" / ".join(dict.fromkeys(answers))}'
        return [(words, None)], (), phrase_colours(1)
    prompt = prompt_of(data)
    colours = phrase_colours(len(prompt.phrases))
    with_boxes = set(data.gt_instances.labels.tolist())
    spans = [
        x if label in with_boxes else ()
        for label, x in enumerate(prompt.tokens_positive)
    ]
    parts = coloured_parts(prompt.text, spans, colours)
    return parts, prompt.phrases, colours
