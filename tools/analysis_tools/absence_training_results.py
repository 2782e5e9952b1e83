"""Compare ways to learn what is not there: docs/results/absence_training.json.

    python tools/analysis_tools/absence_training_results.py work_dirs/absence_training

Each way trains the quickstart's detector with each seed, with the same steps. What is
finished is not repeated, a killed training is resumed.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.absence_training import WAYS, run_ways, table_rows
from glipv2.benchmarks.jobs import add_runs_options, count_cores
from glipv2.benchmarks.results import add_results_option, write_results

SCORES = ("the model's", 'calibrated')


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('folder', type=Path, help='of all runs')
    parser.add_argument(
        '--ways', nargs='+', choices=WAYS, default=list(WAYS),
        help='what is compared (default: all)',
    )  # fmt: skip
    add_runs_options(parser)
    parser.add_argument('--half', type=int, default=150, help='images of a half of val')
    parser.add_argument('--cfg-options', nargs='+', default=[], help='of all trainings')
    add_results_option(parser, 'absence_training')
    args = parser.parse_args()
    cores = count_cores(parser, args.jobs)
    found = run_ways(
        args.folder, args.ways, args.seeds, args.jobs, cores, args.half,
        args.cfg_options,
    )  # fmt: skip
    ways = ' '.join(f"'{name}'" for name in args.ways)
    write_results(
        args.out,
        f'tools/analysis_tools/absence_training_results.py {args.folder.name} '
        f'--ways {ways} --seeds {" ".join(map(str, args.seeds))} --jobs {args.jobs}',
        table_rows(found, SCORES),
        dict(
            config='configs/quickstart/glipv2_lite0_minilm_emoji.py',
            options=args.cfg_options,
            images=args.half,
        ),
    )


if __name__ == '__main__':
    main()
