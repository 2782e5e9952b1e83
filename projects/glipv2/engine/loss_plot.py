"""Loss curves of a training, from mmengine's scalars.json."""

import json
from collections import defaultdict
from pathlib import Path

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt

SMOOTHING = 0.8


def plot_losses(run: Path, out: Path) -> None:
    """Draw all loss curves, raw and smoothed, and bbox mAP_50 where it was measured.

    Args:
        run: Work dir (all its runs are joined, so a resumed one is whole), or one
            scalars.json.
        out: Image to write.

    Raises:
        FileNotFoundError: If there is no scalars.json with losses.
    """
    losses, scores = read_scalars(run)
    if not losses:
        raise FileNotFoundError(f'{run} has no scalars.json with losses')
    figure, axes = plt.subplots(figsize=(8, 5))
    for name, points in sorted(losses.items()):
        steps, values = zip(*sorted(points.items()))
        line = axes.plot(steps, smooth(values), label=name)[0]
        axes.plot(steps, values, color=line.get_color(), alpha=0.25)
    axes.set(xlabel='step', ylabel='loss')
    axes.legend(loc='upper right')
    if scores:
        right = axes.twinx()
        right.plot(*zip(*sorted(scores.items())), 'k.--')
        right.set(ylabel='bbox mAP_50', ylim=(0, 1))
    figure.tight_layout()
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=110)
    plt.close(figure)


def read_scalars(run: Path) -> tuple[dict[str, dict[int, float]], dict[int, float]]:
    """Read what mmengine's LocalVisBackend wrote.

    Args:
        run: Work dir, or one scalars.json.

    Returns:
        Per loss its value by step; bbox mAP_50 by its step or, where scores are written
        by epoch, by the last one that was logged before.
    """
    files = sorted(run.glob('*/vis_data/scalars.json')) if run.is_dir() else [run]
    losses: dict[str, dict[int, float]] = defaultdict(dict)
    scores: dict[int, float] = {}
    last_step = 0
    for file in files:
        for line in file.read_text().splitlines():
            entry = json.loads(line)
            if 'loss' in entry:
                last_step = entry.get('iter', entry['step'])
                for name, value in entry.items():
                    if 'loss' in name:
                        losses[name][last_step] = value
            elif 'coco/bbox_mAP_50' in entry:
                step = max(last_step, entry['step'])  # or a smaller epoch
                scores[step] = entry['coco/bbox_mAP_50']
    return dict(losses), scores


def smooth(values: tuple[float, ...]) -> list[float]:
    """Average exponentially.

    Returns:
        A smoother curve of the same length.
    """
    smoothed: list[float] = []
    for value in values:
        before = smoothed[-1] if smoothed else value
        smoothed.append(SMOOTHING * before + (1 - SMOOTHING) * value)
    return smoothed
