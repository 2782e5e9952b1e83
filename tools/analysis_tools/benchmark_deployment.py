"""Time and memory of a model and of the files exported from it.

    python tools/analysis_tools/benchmark_deployment.py CONFIG CHECKPOINT FILE ...

Random images of one size, the same for all, with the text of the files; runs in
turns, medians; peak memory of each in a process of its own. Loading is not timed.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.export_speed import EAGER, SpeedCase, make_run
from glipv2.benchmarks.measure import own_peak, peak_of_child, time_in_turns
from glipv2.benchmarks.processor import describe_threads


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', type=Path, help='config of the model')
    parser.add_argument('checkpoint', type=Path, help='its weights')
    parser.add_argument('files', type=Path, nargs='+', help='.onnx, .xml or .pt2')
    parser.add_argument(
        '--size', type=int, nargs=2, default=(192, 192), help='height and width, pixels'
    )
    parser.add_argument('--pictures', type=int, default=5, help='of a run')
    parser.add_argument(
        '--repeats', type=int, default=9, help='runs; the median counts'
    )
    parser.add_argument('--child', help=argparse.SUPPRESS)
    args = parser.parse_args()
    case = SpeedCase(
        args.config, args.checkpoint, tuple(args.files), tuple(args.size), args.pictures
    )
    if args.child:
        make_run(case, args.child)()
        print(own_peak())
        return
    models = [EAGER, *map(str, args.files)]
    seconds = time_in_turns([make_run(case, name) for name in models], args.repeats)
    print('| model | ms an image | time | peak MB | memory |\n|---|---|---|---|---|')
    settings = [
        str(args.config), str(args.checkpoint), *map(str, args.files),
        '--size', *map(str, args.size), '--pictures', str(args.pictures),
    ]  # fmt: skip
    peaks = [peak_of_child([*settings, '--child', name]) for name in models]
    for name, taken, peak in zip(models, seconds, peaks):
        print(
            f'| {name} | {taken / case.images * 1000:.1f} | {taken / seconds[0]:.2f} '
            f'| {peak:.0f} | {peak / peaks[0]:.2f} |'
        )
    print(f'{args.size[0]}x{args.size[1]}, {describe_threads()}')


if __name__ == '__main__':
    main()
