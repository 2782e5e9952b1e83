"""How fast a large ODVG file opens, and what it needs of memory.

    python tools/analysis_tools/benchmark_line_index.py /tmp/lines --lines 10000000

Writes a file of made-up caption records, opens it twice (the first time its lines are
indexed) and reads records at random.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.line_index import measure_line_index
from glipv2.benchmarks.results import add_results_option, write_results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=Path, help='for the file; it stays there')
    parser.add_argument(
        '--lines', type=int, default=10_000_000, help='of the file that is indexed'
    )
    add_results_option(parser, 'line_index')
    args = parser.parse_args()
    row = measure_line_index(args.folder, args.lines)
    print(row)
    command = (
        f'tools/analysis_tools/benchmark_line_index.py FOLDER --lines {args.lines}'
    )
    write_results(args.out, command, [row], {})


if __name__ == '__main__':
    main()
