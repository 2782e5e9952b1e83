"""What each pre-training loss brings on EmojiScenes, and what it costs."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path

import torch
from mmdet.registry import DATASETS, MODELS
from mmdet.utils import register_all_modules
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from torch import nn
from torch.utils.data import DataLoader

from ..datasets.mixed import seed_all
from ..quickstart.scripts import UNMEASURED, train_script
from ..quickstart.splits import finished_run, measure_splits, test_on
from ..shipped import shipped
from .jobs import run_jobs
from .runs import mean_and_spread, measured_once

CONFIG = shipped('configs') / 'quickstart' / 'pretrain_emoji.py'
# Losses of a run, and what it leaves out of the config.
RUNS = {
    'grounding only': ('contrastive_loss', 'mlm_head'),
    '+ masked words': ('contrastive_loss',),
    '+ inter-image': ('mlm_head',),
    'all three': (),
}
COLUMNS = {
    'val AP50': 'val/coco/bbox_mAP_50',
    'val AP': 'val/coco/bbox_mAP',
    'val_unseen AP50': 'val_unseen/coco/bbox_mAP_50',
    'val_unseen AP': 'val_unseen/coco/bbox_mAP',
    'phrase R@1': 'phrases/recall@1',
    'phrase R@5': 'phrases/recall@5',
    'masked words': 'masked_words/accuracy',
}
CAPTION_BATCH = 25
STEP_BATCHES = 4  # of a timed step, one after the other


def run_all(
    out: Path, seeds: Sequence[int], jobs: int, cores: int, options: Sequence[str]
) -> dict[tuple[str, int], dict[str, float]]:
    """Do all runs, ``jobs`` at once, all sets of losses of a seed before the next seed.

    Args:
        out: Folder of all runs.
        seeds: Of the runs of each set of losses.
        jobs: Runs at once.
        cores: CPU cores that they share.
        options: ``--cfg-options`` of all runs.

    Returns:
        What was measured, by name and seed.
    """
    jobs_of = {
        (name, seed): partial(
            run,
            out.resolve() / f'{name.strip("+ ").replace(" ", "-")}_{seed}',
            seed,
            left_out,
            options,
        )
        for seed in seeds
        for name, left_out in RUNS.items()
    }
    return run_jobs(jobs_of, jobs, cores)


def run(
    folder: Path, seed: int, left_out: Sequence[str], options: Sequence[str]
) -> dict[str, float]:
    """Train and measure one set of losses, or read what was measured."""

    def train_and_measure() -> dict[str, float]:
        train_script(
            CONFIG, folder, f'randomness.seed={seed}',
            f'train_dataloader.dataset.seed={seed}', *UNMEASURED,
            *(f'model.{part}=None' for part in left_out), *options,
        )  # fmt: skip
        return measure(folder)

    found = measured_once(folder, train_and_measure)
    print(folder.name, found, flush=True)
    return found


def measure(folder: Path) -> dict[str, float]:
    """Measure a finished run on both validation splits and on captions of ``val``."""
    runner = finished_run(folder, CONFIG.name)
    found = measure_splits(runner)
    phrases = test_on(runner, runner.cfg.phrase_dataset, runner.cfg.phrase_evaluator)
    # mmdet's metric leaves what is under "-1" (all boxes) aside here.
    found |= {f'phrases/recall@{k}': recall['all'] for k, recall in phrases.items()}
    if runner.model.mlm_head is not None:
        found['masked_words/accuracy'] = masked_words(runner.model, runner.cfg)
    return found


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


def table(results: Mapping[tuple[str, int], Mapping], seeds: Sequence[int]) -> str:
    """Write mean and spread (standard deviation) over the seeds as Markdown."""
    lines = [
        f'| losses | {" | ".join(COLUMNS)} |',
        f'|---|{"---|" * len(COLUMNS)}',
    ]
    for name in RUNS:
        cells = []
        for key in COLUMNS.values():
            values = [results[name, seed].get(key) for seed in seeds]
            if None in values:
                cells.append('')
                continue
            cells.append(mean_and_spread(values))
        lines.append(f'| {name} | {" | ".join(cells)} |')
    return '\n'.join(lines)


def make_step(name: str) -> Callable[[], object]:
    """Make a training step with a set of losses, optimiser included.

    Args:
        name: One of ``RUNS``.
    """
    register_all_modules()
    config = Config.fromfile(CONFIG)
    config.model.update(dict.fromkeys(RUNS[name]))
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
