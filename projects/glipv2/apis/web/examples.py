"""Images for the web page to click on, each with a text that the model can use."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from skimage import data

from ..inferencer import GLIPv2Inferencer

Example = tuple[str, str, str]  # image file, task and text


def photographs(folder: Path) -> list[Example]:
    """Write two photographs, for models that know more than drawings.

    Args:
        folder: Where they are written.
    """
    coffee, cat = folder / 'coffee.png', folder / 'cat.png'
    Image.fromarray(data.coffee()).save(coffee)
    Image.fromarray(data.cat()).save(cat)
    return [
        (str(coffee), 'detection', 'cup . spoon . saucer'),
        (str(cat), 'segmentation', 'cat'),
    ]


def working_examples(
    inferencer: GLIPv2Inferencer, examples: Sequence[Example], score_thr: float
) -> list[Example]:
    """Choose the examples with which the model finds something.

    Args:
        inferencer: The model.
        examples: Candidates.
        score_thr: Least score of a box on the page.

    Returns:
        Those whose task the model has, and whose result is not empty.
    """
    chosen = []
    for image, task, text in examples:
        if task not in inferencer.tasks:
            continue
        call = dict(task=task, texts=text or None, score_thr=score_thr)
        (found,) = inferencer(image, **call)['predictions']
        empty = 'error' in found or ('bboxes' in found and not found['bboxes'])
        if not empty:
            chosen.append((image, task, text))
    return chosen
