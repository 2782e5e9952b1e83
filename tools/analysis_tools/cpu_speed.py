"""Time calls and training steps on this CPU; writes docs/results/cpu_speed.json.

    python tools/analysis_tools/cpu_speed.py

By precision and runtime, in turns, medians. An hour on two cores; exported files are
kept in the work folder, so that a second run takes less.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.cpu_speed import CASES, measure_calls, measure_steps
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
    add_results_option(parser, 'cpu_speed')
    args = parser.parse_args()
    quiet_console()
    args.work_dir.mkdir(parents=True, exist_ok=True)
    rows = []
    for case in args.cases:
        for size in CASES.get(case, ()):
            rows += measure_calls(case, size, args.repeats, args.work_dir.resolve())
    if 'training' in args.cases:
        rows += measure_steps(args.repeats)
    command = 'tools/analysis_tools/cpu_speed.py'
    write_results(args.out, command, rows, dict(repeats=args.repeats))
    print('\n'.join(table(rows)))


if __name__ == '__main__':
    main()
