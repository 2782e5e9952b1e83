"""What each pre-training loss brings on EmojiScenes, and what it costs."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path

import torch
from matplotlib.figure import Figure
from mmdet.registry import DATASETS, MODELS
from mmdet.utils import register_all_modules
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import DataLoader

from ..datasets.mixed import seed_all
from ..engine.config_options import parse_value
from ..engine.loss_plot import read_scalars
from ..quickstart.scripts import train_script
from ..quickstart.splits import finished_run, measure_splits, test_on
from ..shipped import shipped
from .jobs import run_jobs
from .runs import mean_and_spread, measured_once, read_finished

CONFIG = shipped('configs') / 'quickstart' / 'pretrain_emoji.py'
ABSENT = CONFIG.with_name('absent_emoji.py')
NO_INTER, NO_WORDS = 'model.contrastive_loss=None', 'model.mlm_head=None'
INTER = 'model.contrastive_loss'
# Sets of losses, and the options that leave the others out.
SETS = {
    'grounding only': (NO_INTER, NO_WORDS),
    '+ masked words': (NO_INTER,),
    '+ inter-image': (NO_WORDS,),
    'all three': (),
}
# Other forms of the inter-image loss; its config says 128, learnt, O0 and P0.
FORMS = {
    '+ inter-image, 64 channels': (NO_WORDS, f'{INTER}.hidden_dim=64'),
    '+ inter-image, 256 channels': (NO_WORDS, f'{INTER}.hidden_dim=256'),
    '+ inter-image, fixed temperature': (
        NO_WORDS, f'{INTER}.min_temperature=0.07', f'{INTER}.max_temperature=0.07',
    ),
    '+ inter-image of O and P': (NO_WORDS, f'{INTER}.fused=True'),
}  # fmt: skip
RUNS = {**SETS, **FORMS}
COLUMNS = {
    'val AP50': 'val/coco/bbox_mAP_50',
    'val AP': 'val/coco/bbox_mAP',
    'val_unseen AP50': 'val_unseen/coco/bbox_mAP_50',
    'val_unseen AP': 'val_unseen/coco/bbox_mAP',
    'phrase R@1': 'phrases/recall@1',
    'phrase R@5': 'phrases/recall@5',
    'masked words': 'masked_words/accuracy',
    'absent names AUROC': 'absent/AUROC',
}
CURVE = 8  # points of a learning curve
DURING = 'AP50 at step '
CAPTION_BATCH = 25
STEP_BATCHES = 4  # of a timed step, one after the other
Found = Mapping[tuple[str, int], Mapping[str, float]]


@dataclass(frozen=True)
class Ablation:
    """Runs of the same steps and data; what is done is not repeated.

    Args:
        out: Folder of all runs.
        steps: Of each run.
        names: Of ``RUNS``.
        seeds: One run of each name for each.
        options: Further ``--cfg-options`` of all runs.

    Raises:
        ValueError: If the steps are not more than those of the config's warm-up.
    """

    out: Path
    steps: int
    names: Sequence[str]
    seeds: Sequence[int]
    options: Sequence[str] = ()

    def __post_init__(self) -> None:
        warm_up = Config.fromfile(CONFIG).warmup_steps
        if self.steps <= warm_up:
            raise ValueError(
                f'the learning rate rises for {warm_up} steps; give more --steps than '
                f'that, not {self.steps}'
            )

    def folder(self, name: str, seed: int) -> Path:
        """Get the folder of a run."""
        plain = name.replace('+', '').replace(',', '').strip().replace(' ', '-')
        return self.out.resolve() / f'{plain}_{seed}'

    def run(self, jobs: int, cores: int) -> Found:
        """Do all runs, all of a seed before the next seed.

        Args:
            jobs: Runs at once.
            cores: CPU cores that they share.

        Returns:
            What was measured, by name and seed.
        """
        waiting = {run: partial(self._run, *run) for run in self._runs()}
        return run_jobs(waiting, jobs, cores)

    def finished(self) -> Found:
        """Read what :meth:`run` has measured so far."""
        return read_finished({run: self.folder(*run) for run in self._runs()})

    def _runs(self) -> list[tuple[str, int]]:
        return [(name, seed) for seed in self.seeds for name in self.names]

    def _run(self, name: str, seed: int) -> dict[str, float]:
        folder = self.folder(name, seed)

        def train_and_measure() -> dict[str, float]:
            last = train_script(
                CONFIG, folder, f'randomness.seed={seed}',
                f'train_dataloader.dataset.seed={seed}',
                f'train_cfg.max_iters={self.steps}',
                f'train_cfg.val_interval={max(self.steps // CURVE, 1)}',
                f'param_scheduler.1.end={self.steps}', *RUNS[name], *self.options,
            )  # fmt: skip
            curve = read_scalars(folder)[1]
            return (
                measure(folder)
                | {f'{DURING}{step}': score for step, score in curve.items()}
                | dict(steps=int(last.stem.rsplit('_', 1)[1]))
            )

        found = measured_once(folder, train_and_measure)
        print(folder.name, found, flush=True)
        return found


def measure(folder: Path) -> dict[str, float]:
    """Measure a finished run: both validation splits, captions, and absent names."""
    runner = finished_run(folder, CONFIG.name)
    found = absent_names(runner) | measure_splits(runner)
    phrases = test_on(runner, runner.cfg.phrase_dataset, runner.cfg.phrase_evaluator)
    # mmdet's metric leaves what is under "-1" (all boxes) aside here.
    found |= {f'phrases/recall@{k}': recall['all'] for k, recall in phrases.items()}
    if runner.model.mlm_head is not None:
        found['masked_words/accuracy'] = masked_words(runner.model, runner.cfg)
    return found


def absent_names(runner: Runner) -> dict[str, float]:
    """Ask for names that the images of ``val`` show, and for some that they do not."""
    asking = Config.fromfile(ABSENT)
    dataset = runner.cfg.test_dataloader.dataset.copy()
    last = asking.test_dataloader.dataset.pipeline[-2:]  # ask, and pack what was asked
    dataset.pipeline = [*dataset.pipeline[:-1], *last]
    evaluator = asking.test_evaluator
    evaluator.outfile = None
    return test_on(runner, dataset, evaluator)


@torch.no_grad()
def masked_words(model: nn.Module, config: Config) -> float:
    """Mask words of the captions of ``val``; the share that the model gets right."""
    captions = config.train_dataloader.dataset.datasets[1]
    captions.ann_file = 'annotations/odvg_val_vg.jsonl'
    captions.data_prefix.img = 'val/'
    captions.num_negative_captions = 0
    loader = DataLoader(DATASETS.build(captions), CAPTION_BATCH, collate_fn=_batch_of)
    model.eval()
    right = []
    for number, batch in enumerate(loader):
        seed_all(0, number)  # the same words for every run
        data = model.data_preprocessor(batch, True)
        right.append(float(model(**data, mode='loss')['mlm_accuracy']))
    return statistics.mean(right)


def table_rows(found: Found) -> list[dict[str, object]]:
    """Make the rows of a table: mean and standard deviation over the seeds.

    Args:
        found: Of :meth:`Ablation.run`.

    Returns:
        A row for each set of losses.

    Raises:
        ValueError: If runs did not have the same number of steps.
    """
    if len({figures['steps'] for figures in found.values()}) > 1:
        raise ValueError('the runs did not have the same number of steps')
    rows: list[dict[str, object]] = []
    for name in dict.fromkeys(name for name, _ in found):
        runs = [figures for (of, _), figures in found.items() if of == name]
        row: dict[str, object] = dict(losses=name, seeds=len(runs))
        for column, key in COLUMNS.items():
            values = [run[key] for run in runs if key in run]
            row[column] = mean_and_spread(values) if values else ''
        rows.append(row)
    return rows


def curves_of(found: Found) -> dict[str, dict[int, float]]:
    """Average the AP50 on ``val`` during the trainings over the seeds.

    Args:
        found: Of :meth:`Ablation.run`.

    Returns:
        By name, the values by step.
    """
    curves = {}
    for name in dict.fromkeys(name for name, _ in found):
        runs = [figures for (of, _), figures in found.items() if of == name]
        points = [key for key in runs[0] if key.startswith(DURING)]
        curves[name] = {
            int(key.removeprefix(DURING)): statistics.mean(run[key] for run in runs)
            for key in points
        }
    return curves


def draw_curves(curves: Mapping[str, Mapping[int, float]], out: Path) -> None:
    """Draw how the AP50 rises during the trainings.

    Args:
        curves: Of :func:`curves_of`.
        out: Image file to write.
    """
    figure = Figure(figsize=(7, 4.5), layout='constrained')
    axes = figure.subplots()
    for name, points in curves.items():
        axes.plot([*points], [*points.values()], marker='.', label=name)
    axes.set(xlabel='step', ylabel='AP50 on val', ylim=(0, 1))
    axes.legend()
    figure.savefig(out, dpi=120)


def make_step(name: str) -> Callable[[], object]:
    """Make a training step with a set of losses, optimiser included.

    Args:
        name: One of ``RUNS``.
    """
    register_all_modules()
    config = Config.fromfile(CONFIG)
    given = (option.split('=', 1) for option in RUNS[name])
    config.merge_from_dict({key: parse_value(value) for key, value in given})
    dataset = DATASETS.build(config.train_dataloader.dataset)
    size = config.train_dataloader.batch_size
    samples = [dataset[k] for k in range(STEP_BATCHES * size)]
    batches = cycle(
        _batch_of(samples[start : start + size])
        for start in range(0, len(samples), size)
    )
    torch.manual_seed(0)
    model = MODELS.build(config.model)
    model.init_weights()
    model.train()
    optimizer = build_optim_wrapper(model, config.optim_wrapper)
    return lambda: model.train_step(next(batches), optimizer)


def _batch_of(samples: Sequence[dict]) -> dict[str, list]:
    return {key: [sample[key] for sample in samples] for key in samples[0]}
