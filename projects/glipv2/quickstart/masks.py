"""The mask head, trained on the quickstart's detector and measured."""

import time
from collections.abc import Sequence
from pathlib import Path

from .scripts import (
    ROOT,
    UNMEASURED,
    quickstart_weights,
    train_script,
    write_figures,
)
from .splits import finished_run, measure_splits, test_on

CONFIG = ROOT / 'configs' / 'quickstart' / 'masks_emoji.py'


def train_masks(work_dir: Path, options: Sequence[str] = ()) -> None:
    """Train, then measure boxes and masks of both splits, and phrases of ``val``.

    Args:
        work_dir: Folder of the run; gets ``metrics.json``.
        options: ``--cfg-options`` of the training.
    """
    quickstart_weights(ROOT / 'work_dirs' / 'quickstart', options)
    start = time.time()
    train_script(CONFIG, work_dir, *UNMEASURED, *options)
    seconds = dict(train=round(time.time() - start, 1))
    start = time.time()
    runner = finished_run(work_dir, CONFIG.name)
    figures: dict[str, object] = {
        key.replace('/coco/', '/'): value
        for key, value in measure_splits(runner).items()
    }
    config = runner.cfg
    figures |= test_on(runner, config.phrasecut_dataset, config.phrasecut_evaluator)
    figures['seconds'] = dict(seconds, eval=round(time.time() - start, 1))
    write_figures(work_dir, figures)
