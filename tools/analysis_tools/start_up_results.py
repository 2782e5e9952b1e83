"""Time imports, commands and a first prediction in new processes.

    python tools/analysis_tools/start_up_results.py

writes docs/results/start_up.json. Files are in the machine's memory: each program runs
once before it is timed.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse

from glipv2.benchmarks.gpu.report import table
from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.benchmarks.start_up import measure_starts


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        '--repeats', type=int, default=7, help='timed processes of each program'
    )
    add_results_option(parser, 'start_up')
    args = parser.parse_args()
    rows = measure_starts(args.repeats)
    command = f'tools/analysis_tools/start_up_results.py --repeats {args.repeats}'
    write_results(args.out, command, rows, {})
    print('\n'.join(table(rows)))


if __name__ == '__main__':
    main()
