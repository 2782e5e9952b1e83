"""What the demo found for an example."""

from dataclasses import dataclass

from PIL import Image

from ..drawing.colours import phrase_colours
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


def parts_of(prediction: dict) -> list[Part]:
    """Write a prediction in words, each phrase in the colour of its boxes.

    Args:
        prediction: Of ``apis.predictions.to_dict``.

    Returns:
        The sentence; for names those that were found, with the best score of each.
    """
    if 'phrases' in prediction:
        phrases = prediction['phrases']
        spans = [phrase['tokens_positive'] for phrase in phrases]
        colours = phrase_colours(len(phrases))
        return coloured_parts(prediction['sentence'], spans, colours)
    best: dict[int, tuple[str, float]] = {}
    rows = zip(*(prediction[key] for key in ('labels', 'label_names', 'scores')))
    for label, name, score in rows:
        if label not in best or score > best[label][1]:
            best[label] = name, score
    colours = phrase_colours(max(best, default=0) + 1)
    parts: list[Part] = []
    for label, (name, score) in sorted(best.items()):
        parts += [(name, colours[label]), (f' {score:.2f}  ', None)]
    return parts or [('nothing found', None)]
