"""What the pre-training losses cost: time and memory of a step against grounding alone.

    python tools/dataset_converters/make_emoji_scenes.py data/emoji_scenes
    python tools/analysis_tools/benchmark_losses.py

Steps of configs/quickstart/pretrain_emoji.py, optimiser included, in turns over the
same batches; peak memory each in a process of its own.
"""

import argparse
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import torch
from mmdet.registry import DATASETS, MODELS
from mmdet.utils import register_all_modules
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper

from glipv2.benchmarks.peers.measure import own_peak, peak_of_child, time_in_turns

CONFIG = (
    Path(__file__).resolve().parents[2] / 'configs/quickstart/pretrain_emoji.py'
)  # fmt: skip
# What a run leaves out of the config.
RUNS = {
    'grounding only': ('contrastive_loss', 'mlm_head'),
    '+ masked words': ('contrastive_loss',),
    '+ inter-image': ('mlm_head',),
    'all three': (),
}
BATCHES = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--repeats', type=int, default=20, help='timed steps of each')
    parser.add_argument('--child', choices=list(RUNS), help=argparse.SUPPRESS)
    args = parser.parse_args()
    register_all_modules()
    if args.child:
        step = make_step(args.child)
        for _ in range(BATCHES):
            step()
        print(own_peak())
        return
    seconds = time_in_turns([make_step(name) for name in RUNS], args.repeats)
    memory = [peak_of_child(['--child', name]) for name in RUNS]
    print('| losses | step, s | time | peak, MB | memory |\n|---|---|---|---|---|')
    for name, taken, peak in zip(RUNS, seconds, memory):
        print(
            f'| {name} | {taken:.3f} | {taken / seconds[0]:.2f} '
            f'| {peak:.0f} | {peak / memory[0]:.2f} |'
        )


def make_step(name: str) -> Callable[[], object]:
    """Make a training step with a set of losses.

    Args:
        name: One of ``RUNS``.

    Returns:
        Does the next step.
    """
    config = Config.fromfile(CONFIG)
    config.model.update(dict.fromkeys(RUNS[name]))
    dataset = DATASETS.build(config.train_dataloader.dataset)
    size = config.train_dataloader.batch_size
    samples = [dataset[k] for k in range(BATCHES * size)]
    batches = cycle(
        {key: [x[key] for x in samples[start : start + size]] for key in samples[0]}
        for start in range(0, len(samples), size)
    )
    torch.manual_seed(0)
    model = MODELS.build(config.model)
    model.init_weights()
    model.train()
    optimizer = build_optim_wrapper(model, config.optim_wrapper)
    return lambda: model.train_step(next(batches), optimizer)


if __name__ == '__main__':
    main()
