"""AbsentNameMetric: does the model say when something is not there?"""

import json
from collections.abc import Sequence
from os.path import splitext
from pathlib import Path

import numpy as np
from mmdet.registry import METRICS
from mmengine.evaluator import BaseMetric

from ..progress import working
from .calibration import read_stored
from .presence_scores import (
    PRESENT,
    AskedName,
    Reliability,
    ScoredBoxes,
    reliability,
    score_boxes,
    score_presence,
)
from .result_file import write_file

OUT_SUFFIXES = ('.png', '.jpg', '.pdf', '.svg')


@METRICS.register_module()
class AbsentNameMetric(BaseMetric):
    """Figures of names that an image shows, and of names that it does not.

    ``AskNames`` in the test pipeline chooses the names. All figures are in [0, 1] but
    ``false_boxes``. Those of a kind of absent names (``cgF1_random``) are of that kind
    and of all present names.

    Args:
        threshold: Least score of a box that a user sees (0.3, as the inferencer's).
        least_score: Least score of a box that enters ``ECE``.
        calibration: A checkpoint with a calibration, which is applied to the scores;
            None: they stay the model's.
        outfile: Prefix of files: ``PREFIX.reliability.png``, and ``PREFIX.json`` with
            its bins and the boxes, from which ``calibrate.py`` fits a calibration;
            None: no files.
        **kwargs: As for mmengine's ``BaseMetric``.

    Raises:
        ValueError: If ``threshold`` is outside [0, 1], or the checkpoint has no
            calibration.
        FileNotFoundError: If there is no such checkpoint.
    """

    default_prefix = 'absent'

    def __init__(
        self,
        threshold: float = 0.3,
        least_score: float = 0.05,
        calibration: str | None = None,
        outfile: str | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        if not 0 <= threshold <= 1:
            raise ValueError(f'threshold must be in [0, 1], but it is {threshold}')
        self.threshold = threshold
        self.least_score = least_score
        self.calibration = None if calibration is None else read_stored(calibration)
        self.outfile = outfile

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Sort a batch's boxes by asked name.

        Args:
            data_batch: Not used.
            data_samples: Samples with ``text`` (names), ``asked`` and
                ``pred_instances`` (bboxes, scores and labels, which are indices into
                ``text``).

        Raises:
            KeyError: If a sample was not made by ``AskNames``.
        """
        for sample in data_samples:
            if 'asked' not in sample:
                raise KeyError(
                    'AbsentNameMetric needs AskNames before the packing in the test '
                    'pipeline'
                )
            found = sample['pred_instances']
            boxes, scores = (
                found[key].float().cpu().numpy() for key in ('bboxes', 'scores')
            )
            labels = found['labels'].cpu().numpy()
            if self.calibration is not None:
                of_box = [sample['text'][label] for label in labels]
                scores = self.calibration.apply(scores, of_box)
            names = []
            for index, (text, name) in enumerate(zip(sample['text'], sample['asked'])):
                own = labels == index
                own &= ~_on_ignored(boxes, name['ignored'])
                truths = np.array(name['boxes'], dtype=np.float32).reshape(-1, 4)
                names.append(
                    AskedName(text, name['kind'], truths, boxes[own], scores[own])
                )
            self.results.append(names)  # mmengine counts one result per image

    @working('Scoring')
    def compute_metrics(self, results: list[list[AskedName]]) -> dict[str, float]:
        """Compute the figures of :func:`score_presence` and ``ECE``, by kind."""
        asked = [name for names in results for name in names]
        figures = score_presence(asked, self.threshold)
        boxes = score_boxes(asked, self.least_score)
        diagram = reliability(boxes.scores, boxes.right)
        figures['ECE'] = diagram.error
        kinds = dict.fromkeys(x.kind for x in asked if x.kind != PRESENT)
        for kind in kinds:
            part = [x for x in asked if x.kind in (PRESENT, kind)]
            for key, value in score_presence(part, self.threshold).items():
                figures[f'{key}_{kind}'] = value
        if self.outfile is not None:
            self._write(figures, diagram, boxes)
        return figures

    def _write(
        self, figures: dict[str, float], diagram: Reliability, boxes: ScoredBoxes
    ) -> None:
        assert self.outfile is not None
        path = Path(self.outfile)
        path.parent.mkdir(parents=True, exist_ok=True)
        draw_reliability(diagram, f'{path}.reliability.png')
        bins = dict(
            counts=diagram.counts.tolist(),
            confidence=diagram.confidence.tolist(),
            accuracy=diagram.accuracy.tolist(),
        )
        listed = dict(
            scores=boxes.scores.round(6).tolist(),
            right=boxes.right.tolist(),
            names=boxes.names,
        )
        content = dict(figures=figures, reliability=bins, boxes=listed)
        write_file(f'{path}.json', json.dumps(content).encode())


def draw_reliability(diagram: Reliability, path: str | Path) -> None:
    """Draw a reliability diagram.

    Args:
        diagram: Its bins.
        path: The image.

    Raises:
        ValueError: If the file has no image's ending.
    """
    if splitext(str(path))[1] not in OUT_SUFFIXES:
        raise ValueError(f'{path} must end with one of {OUT_SUFFIXES}')
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.5, 5), layout='constrained')
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    width = 1 / len(diagram.counts)
    centres = (np.arange(len(diagram.counts)) + 0.5) * width
    above.plot([0, 1], [0, 1], color='0.6', linestyle='--', label='calibrated')
    above.bar(centres, diagram.accuracy, width * 0.9, color='#0072b2', label='found')
    above.set(ylabel='share of right boxes', xlim=(0, 1), ylim=(0, 1))
    above.set_title(f'expected calibration error {diagram.error:.3f}')
    above.legend(loc='upper left')
    below.bar(centres, diagram.counts, width * 0.9, color='0.5')
    below.set(xlabel='score', ylabel='boxes')
    figure.savefig(path, dpi=120)


def _on_ignored(boxes: np.ndarray, ignored: Sequence[Sequence[float]]) -> np.ndarray:
    """Find boxes that lie mostly in a crowd, which count neither way."""
    inside = np.zeros(len(boxes), dtype=bool)
    area = np.maximum(boxes[:, 2] - boxes[:, 0], 0) * np.maximum(
        boxes[:, 3] - boxes[:, 1], 0
    )
    for x1, y1, x2, y2 in ignored:
        width = np.minimum(boxes[:, 2], x2) - np.maximum(boxes[:, 0], x1)
        height = np.minimum(boxes[:, 3], y2) - np.maximum(boxes[:, 1], y1)
        common = np.maximum(width, 0) * np.maximum(height, 0)
        inside |= common >= 0.5 * np.maximum(area, 1e-6)
    return inside
