"""What each pre-training loss brings, on EmojiScenes: the table of docs/ablation.md.

    python tools/dataset_converters/make_emoji_scenes.py data/emoji_scenes
    python tools/analysis_tools/ablate_losses.py work_dirs/ablation --jobs 2

Trains configs/quickstart/pretrain_emoji.py with every set of losses and seed, the same
steps and data each. Finished runs are not repeated, a killed one is resumed.
"""

import argparse
import json
import logging
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import torch
from mmdet.registry import DATASETS
from mmengine.config import Config
from mmengine.runner import Runner, TestLoop
from torch.utils.data import DataLoader

from glipv2.datasets.mixed import seed_all

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / 'configs' / 'quickstart' / 'pretrain_emoji.py'
# Losses of a run, and what its config leaves out.
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
CAPTIONS_AT_ONCE = 25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('out', type=Path, help='folder of all runs')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2])
    parser.add_argument(
        '--jobs', type=int, default=1, help='runs at once, which share the CPU cores'
    )
    parser.add_argument('--cfg-options', nargs='+', default=[], help='of all runs')
    args = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    if not 1 <= args.jobs <= cores:
        parser.error(f'--jobs must be 1 to {cores}, the number of CPU cores')
    results = run_all(args.out, args.seeds, args.jobs, cores, args.cfg_options)
    print(table(results, args.seeds))


def run_all(
    out: Path, seeds: Sequence[int], jobs: int, cores: int, options: Sequence[str]
) -> dict[tuple[str, int], dict[str, float]]:
    """Do all runs, `jobs` at once, all sets of losses of a seed before the next seed.

    Args:
        out: Folder of all runs.
        seeds: Of the runs of each set of losses.
        jobs: Runs at once.
        cores: CPU cores that they share.
        options: ``--cfg-options`` of all runs.

    Returns:
        What was measured, by name and seed.
    """
    # Read when a process loads torch, as each started here and each training does.
    os.environ['OMP_NUM_THREADS'] = str(cores // jobs)
    with ProcessPoolExecutor(
        jobs, get_context('spawn'), quiet, max_tasks_per_child=1
    ) as pool:
        waiting = {}
        for seed in seeds:
            for name, left_out in RUNS.items():
                folder = out / f'{name.strip("+ ").replace(" ", "-")}_{seed}'
                waiting[name, seed] = pool.submit(run, folder, seed, left_out, options)
        return {key: done.result() for key, done in waiting.items()}


def quiet() -> None:
    """Leave mmengine's warnings out."""
    logging.disable(logging.WARNING)


def run(
    folder: Path, seed: int, left_out: Sequence[str], options: Sequence[str]
) -> dict[str, float]:
    """Train and measure one set of losses, or read what was measured."""
    file = folder / 'metrics.json'
    if not file.is_file():
        command = [
            sys.executable, str(ROOT / 'tools' / 'train.py'), str(CONFIG), '--resume',
            '--work-dir', str(folder), '--cfg-options', f'randomness.seed={seed}',
            f'train_dataloader.dataset.seed={seed}',
            # Measured below, not while training.
            'val_cfg=None', 'val_dataloader=None', 'val_evaluator=None',
            *(f'model.{part}=None' for part in left_out), *options,
        ]  # fmt: skip
        subprocess.run(command, cwd=ROOT, check=True)
        found = measure(folder)
        file.write_text(json.dumps(found, indent=1) + '\n')
    found = json.loads(file.read_text())
    print(folder.name, found, flush=True)
    return found


def measure(folder: Path) -> dict[str, float]:
    """Measure a finished run on both validation splits and on captions of `val`."""
    config = Config.fromfile(folder / CONFIG.name)
    config.load_from = Path(folder / 'last_checkpoint').read_text().strip()
    config.resume, config.work_dir = False, str(folder / 'test')
    runner = Runner.from_cfg(config)
    runner.load_or_resume()
    runner.call_hook('before_run')
    found = {}
    for split in ('val', 'val_unseen'):
        annotations = f'annotations/instances_{split}.json'
        loader, evaluator = config.test_dataloader, config.test_evaluator
        loader.dataset.ann_file = annotations
        loader.dataset.data_prefix.img = f'{split}/'
        evaluator.ann_file = config.data_root + annotations
        for key, value in TestLoop(runner, loader, evaluator).run().items():
            found[f'{split}/{key}'] = value
    loader.dataset = config.phrase_dataset
    # mmdet's metric leaves what is under "-1" (all boxes) aside here.
    for k, recall in TestLoop(runner, loader, config.phrase_evaluator).run().items():
        found[f'phrases/recall@{k}'] = recall['all']
    if runner.model.mlm_head is not None:
        found['masked_words/accuracy'] = masked_words(runner.model, config)
    return found


@torch.no_grad()
def masked_words(model: torch.nn.Module, config: Config) -> float:
    """Hide words of the captions of `val`; the share that the model gets right."""
    captions = config.train_dataloader.dataset.datasets[1]
    captions.ann_file = 'annotations/odvg_val_vg.jsonl'
    captions.data_prefix.img = 'val/'
    captions.num_negative_captions = 0
    dataset = DATASETS.build(captions)
    loader = DataLoader(
        dataset,
        CAPTIONS_AT_ONCE,
        collate_fn=lambda x: {k: [i[k] for i in x] for k in x[0]},
    )
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
            spread = statistics.stdev(values) if len(values) > 1 else 0.0
            cells.append(f'{statistics.mean(values):.3f} ± {spread:.3f}')
        lines.append(f'| {name} | {" | ".join(cells)} |')
    return '\n'.join(lines)


if __name__ == '__main__':
    main()
