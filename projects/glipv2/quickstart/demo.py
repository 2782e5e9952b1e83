"""Every task on the shipped images with the shipped weights: one report."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from ..apis.defaults import SCORE
from ..apis.inferencer import GLIPv2Inferencer
from .contact_sheet import write_contact_sheet
from .examples import EXAMPLES, FOLDER, Example
from .report import write_report
from .result import Result, draw, parts_of


def make_demo(
    out: Path, model: str = 'emoji', examples: Sequence[Example] = EXAMPLES
) -> list[Result]:
    """Do all examples and write ``index.html`` and ``contact_sheet.jpg``.

    Args:
        out: Folder of the report; gets a copy of the images.
        model: Weights of all tasks: a name or a file.
        examples: What is asked.

    Returns:
        What was found.
    """
    images = out / 'images'
    shutil.copytree(FOLDER, images, dirs_exist_ok=True)
    inferencer = GLIPv2Inferencer(weights=model, show_progress=False)
    results = []
    for example in examples:
        start, file = time.time(), images / example.image
        (found,) = inferencer(
            file, texts=example.text or None, task=example.task, score_thr=SCORE,
            one_name_per_place=True, return_datasamples=True,
        )['predictions']  # fmt: skip
        seconds = time.time() - start
        parts, line = parts_of(found), example.line(images)
        results.append(Result(example, draw(file, found), parts, line, seconds))
        print(f'{example.command:8} {example.image:12} {results[-1].words}', flush=True)
    write_report(out / 'index.html', results)
    write_contact_sheet(out / 'contact_sheet.jpg', results)
    return results
