"""What the demo found for an example."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mmdet.structures import DetDataSample
from PIL import Image

from ..apis.predictions import sentence_of
from ..drawing.colours import phrase_colours
from ..drawing.instances import marks_of
from ..drawing.marks import draw_marks
from ..drawing.sentence import Part, coloured_parts
from .examples import Example


@dataclass(frozen=True)
class Result:
    """An example, done.

    Args:
        example: What was asked.
        drawn: The image with boxes and masks, RGB.
        parts: What was found in words, each phrase with the colour of its boxes.
        line: The command line that does the same.
        seconds: Time that it took.
    """

    example: Example
    drawn: Image.Image
    parts: list[Part]
    line: str
    seconds: float

    @property
    def words(self) -> str:
        """The found words without colours."""
        return ''.join(text for text, _ in self.parts)


def draw(file: Path, found: DetDataSample) -> Image.Image:
    """Draw boxes and masks; the sentence stands below, so it is not drawn.

    Args:
        file: The image.
        found: A prediction.
    """
    image = np.asarray(Image.open(file).convert('RGB'))
    marks = marks_of(found.pred_instances)
    colours = phrase_colours(max(marks.labels, default=0) + 1)
    return Image.fromarray(draw_marks(image, marks, colours))


def parts_of(found: DetDataSample) -> list[Part]:
    """Write a prediction in words, each phrase in the colour of its boxes.

    Args:
        found: A prediction.

    Returns:
        The sentence; for names those that were found, with the best score of each.
    """
    sentence, spans = sentence_of(found)
    if sentence:
        return coloured_parts(sentence, spans, phrase_colours(len(spans)))
    instances = found.pred_instances
    best: dict[int, tuple[str, float]] = {}
    for label, name, score in zip(
        instances.labels.tolist(), instances.label_names, instances.scores.tolist()
    ):
        if label not in best or score > best[label][1]:
            best[label] = name, score
    colours = phrase_colours(max(best, default=0) + 1)
    parts: list[Part] = []
    for label, (name, score) in sorted(best.items()):
        parts += [(name, colours[label]), (f' {score:.2f}  ', None)]
    return parts or [('nothing found', None)]
