"""LVIS average precision, by hotcoco if installed, or by lvis."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from io import StringIO

import numpy as np

EVALUATORS = ('auto', 'hotcoco', 'lvis')
FIGURES = ('AP', 'AP50', 'AP75', 'APs', 'APm', 'APl', 'APr', 'APc', 'APf')


def choose_evaluator(name: str = 'auto') -> str:
    """Choose the package that computes the figures.

    Args:
        name: ``'hotcoco'`` (fast), ``'lvis'`` (the reference), or ``'auto'``: the
            first that is installed.

    Returns:
        ``'hotcoco'`` or ``'lvis'``.

    Raises:
        ValueError: If there is no such evaluator.
        ImportError: If it is not installed.
    """
    if name not in EVALUATORS:
        raise ValueError(f'evaluator must be one of {EVALUATORS}, not {name!r}')
    packages = EVALUATORS[1:] if name == 'auto' else (name,)
    for package in packages:
        if find_spec(package) is not None:
            return package
    raise ImportError(
        f'LVIS evaluation needs {" or ".join(packages)}: pip install {packages[0]}'
    )


@dataclass(frozen=True)
class Detections:
    """Detections of an LVIS file's images.

    Args:
        rows: (n,) of ``DETECTION``.
        images: n image ids.
        categories: n category ids.
        masks: (n,) run-length encoded masks, which are compared instead of the
            boxes; None: none.
    """

    rows: np.ndarray
    images: np.ndarray | Sequence
    categories: np.ndarray | Sequence
    masks: Sequence[dict] | None = None

    def as_dicts(self) -> list[dict]:
        """Write them as LVIS and COCO result files hold them.

        Returns:
            Per detection image_id, category_id, score, and bbox ``[x, y, width,
            height]`` or segmentation.
        """
        boxes, scores = self.rows['box'].tolist(), self.rows['score'].tolist()
        images, categories = (
            ids.tolist() if isinstance(ids, np.ndarray) else ids
            for ids in (self.images, self.categories)
        )
        shape, values = 'bbox', boxes
        if self.masks is not None:
            shape, values = 'segmentation', self.masks
        return [
            {'image_id': image, 'category_id': category, 'score': score, shape: value}
            for image, category, score, value in zip(images, categories, scores, values)
        ]

    @property
    def kind(self) -> str:
        """What is compared, as the evaluators call it."""
        return 'bbox' if self.masks is None else 'segm'


def lvis_figures(
    evaluator: str, ann_file: str, detections: Detections
) -> dict[str, float]:
    """Evaluate any number of detections on an LVIS file.

    Args:
        evaluator: ``'hotcoco'`` or ``'lvis'``.
        ann_file: Local LVIS annotation file.
        detections: Detections in its images.

    Returns:
        ``FIGURES``; -1 where there is no ground truth.
    """
    evaluate = _by_hotcoco if evaluator == 'hotcoco' else _by_lvis
    found = evaluate(ann_file, detections)
    return {key: float(found[key]) for key in FIGURES}


def _by_hotcoco(ann_file: str, detections: Detections) -> dict[str, float]:
    import hotcoco

    truth = hotcoco.LVIS(ann_file)
    if detections.masks is None:
        rows = detections.rows
        columns = (
            detections.images, rows['box'], rows['score'], detections.categories,
        )  # fmt: skip
        table = np.column_stack(columns).astype(np.float64)
    else:
        table = detections.as_dicts()
    found = hotcoco.LVISResults(truth, table, max_dets=-1)
    run = hotcoco.LVISEval(truth, found, detections.kind)
    with redirect_stdout(StringIO()):  # it prints the figures with its limit of 300
        run.run()
    return run.get_results()


def _by_lvis(ann_file: str, detections: Detections) -> dict[str, float]:
    import lvis

    truth = lvis.LVIS(ann_file)
    table = detections.as_dicts()
    if not table:
        # lvis refuses an empty list, so add a box that matches nothing.
        table = [
            dict(image_id=image, category_id=category, score=0.0, bbox=[0.0] * 4)
            for image, category in zip(truth.imgs, truth.cats)
        ][:1]
    found = lvis.LVISResults(truth, table, max_dets=-1)
    run = lvis.LVISEval(truth, found, detections.kind)
    with numpy_float():
        run.run()
    return run.get_results()


@contextmanager
def numpy_float() -> Iterator[None]:
    """Add ``np.float``, which lvis 0.5.3 uses and numpy 1.24 removed, temporarily."""
    if 'float' in vars(np):
        yield
        return
    np.float = float
    try:
        yield
    finally:
        del np.float
