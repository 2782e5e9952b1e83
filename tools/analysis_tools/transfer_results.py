"""Write the figures of odinw_transfer.py's runs to docs/results, with their curves.

    python tools/analysis_tools/transfer_results.py work_dirs/transfer
    python tools/analysis_tools/transfer_results.py work_dirs/transfer_by_example \
        --out docs/results/by_example_odinw.json

The table and the picture, which is beside the file, have the seeds of which all runs
are there: others would make the curves differ by what was measured. The file keeps all
runs, for `odinw_transfer.py --results` on another machine.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.benchmarks.transfer_curves import draw_curves, read_grid, table_rows
from glipv2.engine.command_line import user_errors_in_one_line


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('folder', type=Path, help='OUT of odinw_transfer.py')
    add_results_option(parser, 'transfer')
    args = parser.parse_args()
    with user_errors_in_one_line():
        settings, results = read_grid(args.folder)
        rows = table_rows([*results.values()])
    write_results(
        args.out,
        f'tools/analysis_tools/transfer_results.py {args.folder.name}',
        rows,
        settings,
        results,
    )
    draw_curves(rows, args.out.with_suffix('.png'))


if __name__ == '__main__':
    main()
