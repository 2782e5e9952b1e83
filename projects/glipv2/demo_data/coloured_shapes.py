"""Coloured shapes: a small set in COCO format that no checkpoint has seen."""

import json
import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

COLOURS = {'red': (214, 40, 40), 'green': (42, 157, 80), 'blue': (38, 84, 200)}
SHAPES = ('circle', 'square', 'triangle')
NAMES = tuple(f'{colour} {shape}' for colour in COLOURS for shape in SHAPES)
SPLITS = {
    'coco': ('annotations/instances_train.json', 'annotations/instances_val.json'),
    'roboflow': ('train/_annotations.coco.json', 'valid/_annotations.coco.json'),
}


def draw_image(
    rng: np.random.Generator, size: int, most_objects: int
) -> tuple[Image.Image, list[tuple[int, list[int]]]]:
    """Draw shapes that do not overlap, on a noisy background.

    Args:
        rng: Source of all choices.
        size: Side of the image, pixels.
        most_objects: Most shapes.

    Returns:
        The image, and per shape its index in ``NAMES`` and ``[x, y, width, height]``
        in pixels.
    """
    grey = rng.integers(70, 190)
    noise = rng.integers(-20, 20, (size, size, 3))
    image = Image.fromarray((grey + noise).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    shapes: list[tuple[int, list[int]]] = []
    for _ in range(int(rng.integers(1, most_objects + 1))):
        side = int(rng.integers(size // 8, size // 4))
        x, y = (int(value) for value in rng.integers(0, size - side, 2))
        if any(_overlap((x, y, side), box) for _, box in shapes):
            continue
        label = int(rng.integers(len(NAMES)))
        colour, shape = NAMES[label].split()
        box = (x, y, x + side - 1, y + side - 1)
        height = side
        if shape == 'circle':
            pen.ellipse(box, fill=COLOURS[colour])
        elif shape == 'square':
            pen.rectangle(box, fill=COLOURS[colour])
        else:
            height = math.ceil(side * math.sqrt(3) / 2)
            bottom = y + height - 1
            corners = [(x, bottom), (x + side - 1, bottom), (x + side / 2, y)]
            pen.polygon(corners, fill=COLOURS[colour])
        shapes.append((label, [x, y, side, height]))
    return image, shapes


def write_shapes(
    folder: Path, ann_file: Path, count: int, size: int, most_objects: int, seed: int
) -> None:
    """Write one split.

    Args:
        folder: Of the images.
        ann_file: The annotation file.
        count: How many images.
        size: Side of an image, pixels.
        most_objects: Most shapes of an image.
        seed: Of the split.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    ann_file.parent.mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for number in range(count):
        image, shapes = draw_image(rng, size, most_objects)
        name = f'{number:05d}.png'
        image.save(folder / name)
        images.append(dict(id=number, file_name=name, height=size, width=size))
        annotations += [
            dict(
                id=len(annotations) + place,
                image_id=number,
                category_id=label + 1,
                bbox=box,
                area=box[2] * box[3],
                iscrowd=0,
            )
            for place, (label, box) in enumerate(shapes, start=1)
        ]
    categories = [dict(id=i, name=name) for i, name in enumerate(NAMES, start=1)]
    content = dict(images=images, annotations=annotations, categories=categories)
    ann_file.write_text(json.dumps(content))


def _overlap(square: tuple[int, int, int], box: list[int]) -> bool:
    x, y, side = square
    return (
        x < box[0] + box[2]
        and box[0] < x + side
        and y < box[1] + box[3]
        and box[1] < y + side
    )
