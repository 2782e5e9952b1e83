"""Time calls and training steps on this CPU; writes docs/results/cpu_speed.json.

    python tools/analysis_tools/cpu_speed.py

By precision and runtime, in turns, medians. An hour on two cores; exported files are
kept in the work folder, so that a second run takes less. torch compiles each time, for
minutes.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.cpu_speed import (
    CASES,
    COMPILED,
    FILES,
    measure_calls,
    measure_steps,
)
from glipv2.benchmarks.gpu.report import table
from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.quiet import quiet_console


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--repeats', type=int, default=7, help='timed runs of each')
    parser.add_argument(
        '--work-dir',
        type=Path,
        default='work_dirs/cpu_speed',
        help='for exported files',
    )
    parser.add_argument(
        '--cases',
        nargs='+',
        choices=[*CASES, 'training'],
        default=[*CASES, 'training'],
        help='what is timed',
    )
    heights = sorted({height for sizes in CASES.values() for height, _ in sizes})
    parser.add_argument(
        '--heights',
        nargs='+',
        type=int,
        choices=heights,
        default=heights,
        help='of the images in pixels (default: all)',
    )
    parser.add_argument(
        '--beside',
        nargs='*',
        choices=[*COMPILED, *FILES],
        default=[*COMPILED, *FILES],
        help='compiled models and exported files that are timed beside eager runs; '
        'without a value there are none (default: all)',
    )
    add_results_option(parser, 'cpu_speed')
    args = parser.parse_args()
    quiet_console()
    args.work_dir.mkdir(parents=True, exist_ok=True)
    command = 'tools/analysis_tools/cpu_speed.py'
    settings = {
        name: getattr(args, name) for name in ('cases', 'heights', 'beside', 'repeats')
    }
    rows = []
    for case in args.cases:
        for size in CASES.get(case, ()):
            if size[0] in args.heights:
                rows += measure_calls(
                    case, size, args.repeats, args.work_dir.resolve(), args.beside
                )
                write_results(args.out, command, rows, settings)
    if 'training' in args.cases:
        rows += measure_steps(args.repeats)
        write_results(args.out, command, rows, settings)
    print('\n'.join(table(rows)))


if __name__ == '__main__':
    main()
