"""What the pre-training losses cost: time and memory of a step against grounding alone.

    python tools/dataset_converters/make_emoji_scenes.py data/emoji_scenes
    python tools/analysis_tools/benchmark_losses.py

Steps of configs/quickstart/pretrain_emoji.py, optimiser included, in turns over the
same batches; peak memory each in a process of its own.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse

from glipv2.benchmarks.loss_ablation import SETS, STEP_BATCHES, make_step
from glipv2.benchmarks.measure import own_peak, peak_of_child, time_in_turns
from glipv2.benchmarks.results import add_results_option, write_results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--repeats', type=int, default=20, help='timed steps of each')
    add_results_option(parser, 'losses')
    parser.add_argument('--child', choices=list(SETS), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        step = make_step(args.child)
        for _ in range(STEP_BATCHES):
            step()
        print(own_peak())
        return
    seconds = time_in_turns([make_step(name) for name in SETS], args.repeats)
    memory = [peak_of_child(['--child', name]) for name in SETS]
    rows = [
        {
            'losses': name,
            'step, s': round(taken, 3),
            'time': round(taken / seconds[0], 2),
            'peak, MB': round(peak),
            'memory': round(peak / memory[0], 2),
        }
        for name, taken, peak in zip(SETS, seconds, memory)
    ]
    for row in rows:
        print(row)
    command = f'tools/analysis_tools/benchmark_losses.py --repeats {args.repeats}'
    settings = dict(config='configs/quickstart/pretrain_emoji.py', repeats=args.repeats)
    write_results(args.out, command, rows, settings)


if __name__ == '__main__':
    main()
