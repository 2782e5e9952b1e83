"""Drawings of samples after the pipeline; phrases have the colours of their boxes."""

import colorsys
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import numpy as np
from mmdet.structures import DetDataSample
from PIL import Image, ImageDraw, ImageFont

from ...text.sample_text import prompt_of

BLACK = (0, 0, 0)
GOLDEN = 0.618  # of the hue circle, between labels: neighbours differ most
MARGIN = 8  # pixels
LINE_HEIGHT = 20  # pixels
LEAST_WIDTH = 480  # pixels; small images are enlarged
Segment = tuple[str, tuple[int, int, int]]


def draw_sample(sample: dict) -> Image.Image:
    """Draw a packed sample: image, boxes, masks, and its text below.

    Args:
        sample: ``inputs`` (3, H, W) BGR and ``data_samples``.

    Returns:
        The image.
    """
    data: DetDataSample = sample['data_samples']
    pixels = sample['inputs'].float().clamp(0, 255).byte().numpy()
    pixels = np.ascontiguousarray(pixels[::-1].transpose(1, 2, 0))  # (H, W, 3) RGB
    labels = data.gt_instances.labels.tolist()
    segments, colours = _coloured_text(data, labels)
    if 'masks' in data.gt_instances:
        for label, mask in zip(labels, data.gt_instances.masks.masks):
            inside = mask.astype(bool)
            pixels[inside] = (pixels[inside] + np.array(colours[label])) // 2
    image = Image.fromarray(pixels)
    zoom = max(1, -(-LEAST_WIDTH // image.width))
    image = image.resize((image.width * zoom, image.height * zoom))
    pen = ImageDraw.Draw(image)
    boxes = data.gt_instances.bboxes
    boxes = getattr(boxes, 'tensor', boxes)
    for label, box in zip(labels, (boxes * zoom).tolist()):
        pen.rectangle(box, outline=colours[label], width=2)
    return _with_text(image, segments)


def _coloured_text(
    data: DetDataSample, labels: list[int]
) -> tuple[list[Segment], list[tuple[int, int, int]]]:
    """Cut the text into words; those of a phrase that has boxes are in its colour."""
    if data.get('task') in ('vqa', 'caption'):
        answers = data.get('gt_answers') or data.get('gt_captions') or ()
        words = f'{data.text} {" / ".join(dict.fromkeys(answers))}'.split()
        return [(word, BLACK) for word in words], []
    prompt = prompt_of(data)
    colours = [_colour(label) for label in range(len(prompt.phrases))]
    of_character = [BLACK] * len(prompt.text)
    for label in set(labels):
        for start, end in prompt.tokens_positive[label]:
            of_character[start:end] = [colours[label]] * (end - start)
    return list(_words(prompt.text, of_character)), colours


def _colour(label: int) -> tuple[int, int, int]:
    """Choose a strong colour that is legible on white."""
    red, green, blue = colorsys.hsv_to_rgb(label * GOLDEN % 1.0, 1.0, 0.8)
    return int(255 * red), int(255 * green), int(255 * blue)


def _words(text: str, colours: list[tuple[int, int, int]]) -> Iterator[Segment]:
    start = 0
    for word in text.split():
        start = text.index(word, start)
        yield word, colours[start]
        start += len(word)


def _with_text(image: Image.Image, segments: list[Segment]) -> Image.Image:
    """Write words below an image, line by line."""
    # A font with most alphabets.
    font_file = Path(matplotlib.get_data_path()) / 'fonts/ttf/DejaVuSans.ttf'
    font = ImageFont.truetype(str(font_file), 14)
    space = font.getlength(' ')
    corners, x, y = [], float(MARGIN), image.height + MARGIN
    for word, _ in segments:
        width = font.getlength(word)
        if x + width > image.width - MARGIN and x > MARGIN:
            x, y = float(MARGIN), y + LINE_HEIGHT
        corners.append((x, y))
        x += width + space
    sheet = Image.new('RGB', (image.width, y + LINE_HEIGHT + MARGIN), 'white')
    sheet.paste(image)
    pen = ImageDraw.Draw(sheet)
    for (word, colour), corner in zip(segments, corners):
        pen.text(corner, word, fill=colour, font=font)
    return sheet
