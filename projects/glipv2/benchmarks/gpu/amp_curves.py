"""The quickstart's training in half precision, compared with float32."""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from mmdet.utils import register_all_modules
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...shipped import shipped
from .settings import Findings, Settings

CONFIG = shipped('configs') / 'quickstart' / 'glipv2_lite0_minilm_emoji.py'
GENERATOR = shipped('tools') / 'dataset_converters' / 'make_emoji_scenes.py'
STEPS, QUICK_STEPS, SELF_TEST_STEPS = 100, 20, 2
BATCH = 8
LARGEST = 0.05  # relative difference of the mean loss of the last fifth of the steps
SHOWN = 10  # points of a curve in the report


class KeepLosses(Hook):
    """Remembers the loss of every step."""

    def __init__(self) -> None:
        self.losses: list[float] = []

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: object = None,
        outputs: dict | None = None,
    ) -> None:
        """Take the loss that the model reports."""
        self.losses.append(float(outputs['loss'].detach()))


def check(settings: Settings) -> Findings:
    """Train in float32, float16 and bfloat16 on the same images in the same order.

    Returns:
        Points of the losses' curves, and how far their ends are apart.
    """
    steps = QUICK_STEPS if settings.quick else STEPS
    dtypes = dict(float32=None, float16=torch.float16, bfloat16=torch.bfloat16)
    if settings.self_test:
        steps = SELF_TEST_STEPS
        del dtypes['float16']  # the CPU has no loss scaling
    with tempfile.TemporaryDirectory() as folder:
        data = settings.data or make_data(Path(folder) / 'data', steps)
        curves = {
            name: train(dtype, data, Path(folder) / name, steps, settings.device)
            for name, dtype in dtypes.items()
        }
    return judge(curves)


def judge(curves: dict[str, list[float]]) -> Findings:
    """Make a table of the curves.

    Args:
        curves: Losses of each step by dtype; the first is the reference.

    Returns:
        A row per dtype: means of equal shares of the steps, and the relative
        difference of the last fifth.
    """
    reference = next(iter(curves.values()))
    rows = []
    for name, losses in curves.items():
        row: dict[str, object] = dict(precision=name)
        share = max(1, len(losses) // SHOWN)
        for start in range(0, len(losses), share):
            part = losses[start : start + share]
            row[f'step {start + len(part)}'] = statistics.fmean(part)
        row['apart'] = abs(end_of(losses) / end_of(reference) - 1)
        rows.append(row)
    return Findings(
        rows,
        all(row['apart'] <= LARGEST for row in rows),  # false for losses that are NaN
        (
            f'Apart: the mean loss of the last fifth of {len(reference)} steps, '
            f'relative to float32; right up to {LARGEST:g}.',
        ),
    )


def end_of(losses: list[float]) -> float:
    """Compute the mean loss of the last fifth."""
    return statistics.fmean(losses[-max(1, len(losses) // 5) :])


def make_data(folder: Path, steps: int) -> Path:
    """Make as many images as the steps take."""
    command = [
        sys.executable, str(GENERATOR), str(folder), '--train', str(BATCH * steps),
        '--val', '1', '--val-unseen', '1', '--formats', 'coco',
    ]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


def train(
    dtype: torch.dtype | None, data: Path, folder: Path, steps: int, device: str
) -> list[float]:
    """Train the quickstart for some steps.

    Args:
        dtype: Of autocast; None: float32.
        data: EmojiScenes.
        folder: For logs.
        steps: How many.
        device: ``'cpu'``, or mmengine takes the GPU.

    Returns:
        The loss of each step.
    """
    register_all_modules()
    config = Config.fromfile(CONFIG)
    config.work_dir, config.experiment_name = str(folder), folder.name
    config.train_dataloader.dataset.data_root = f'{data}/'
    config.train_dataloader.update(
        num_workers=0, persistent_workers=False,
        batch_size=2 if device == 'cpu' else BATCH,
    )  # fmt: skip
    config.train_cfg = dict(type='IterBasedTrainLoop', max_iters=steps)
    for key in ('cfg', 'dataloader', 'evaluator'):
        config[f'val_{key}'] = config[f'test_{key}'] = None
    config.default_hooks.checkpoint = None
    config.log_level = 'WARNING'
    if dtype is not None and device != 'cpu':
        config.optim_wrapper.update(
            type='AmpOptimWrapper',
            dtype=str(dtype).removeprefix('torch.'),
            loss_scale='dynamic',
        )
    runner, kept = Runner.from_cfg(config), KeepLosses()
    runner.register_hook(kept)
    with half_on_the_cpu(dtype if device == 'cpu' else None):
        runner.train()
    return kept.losses


@contextmanager
def half_on_the_cpu(dtype: torch.dtype | None) -> Iterator[None]:
    """Autocast on the CPU, for which mmengine has no wrapper."""
    with torch.autocast('cpu', dtype, enabled=dtype is not None):
        yield
