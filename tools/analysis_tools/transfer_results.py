"""Write the figures of odinw_transfer.py's runs to docs/results, with their curves.

    python tools/analysis_tools/transfer_results.py work_dirs/transfer
    python tools/analysis_tools/transfer_results.py work_dirs/transfer_by_example \
        --out docs/results/by_example_odinw.json

All runs of the grid have to be there: another set or seed in some of them would make
the curves differ by what was measured. The picture is beside the file.
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
        rows = table_rows(results)
    kept = {
        key: Path(value).name if key in ('checkpoint', 'data') else value
        for key, value in settings.items()
        if value not in (None, {})
    }
    kept['sets'] = sorted({result['dataset'] for result in results})
    kept['seeds'] = sorted({r['seed'] for r in results if r['seed']})
    kept['hours'] = round(sum(result['seconds'] for result in results) / 3600, 2)
    write_results(
        args.out,
        f'tools/analysis_tools/transfer_results.py {args.folder.name}',
        rows,
        kept,
    )
    draw_curves(rows, args.out.with_suffix('.png'))


if __name__ == '__main__':
    main()
