"""Measure whether tasks help each other, and write docs/results/task_matrix.json.

    python tools/analysis_tools/task_matrix_results.py work_dirs/task_matrix --jobs 2

Each task alone, all pairs, and all tasks are trained from the quickstart's detector
with the same steps and samples of each task. What is finished is not repeated, nor what
the results file has, whose runs may be another machine's; a killed training is resumed.
The picture of who helps whom is beside the file. With --finished nothing is trained:
the file gets all that is finished, the table and the picture the seeds that are whole.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.jobs import add_runs_options, count_cores
from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.benchmarks.runs import (
    MEASURED,
    add_finished_option,
    of_whole_seeds,
    take_over,
)
from glipv2.benchmarks.task_matrix import (
    RUNS,
    Budget,
    draw_matrix,
    finished_runs,
    folder_of,
    run_all,
    table_rows,
)
from glipv2.engine.command_line import user_errors_in_one_line
from glipv2.quickstart.scripts import quickstart_weights


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('folder', type=Path, help='of all runs')
    parser.add_argument(
        '--detector', type=Path, default='work_dirs/quickstart',
        help='folder of the quickstart (default: %(default)s)',
    )  # fmt: skip
    parser.add_argument('--steps', type=int, default=300, help='of each training')
    parser.add_argument(
        '--samples', type=int, default=4, help='of each task in a step'
    )  # fmt: skip
    parser.add_argument(
        '--amp', action='store_true', help='train in bfloat16 (on a GPU: float16)'
    )
    add_finished_option(parser)
    add_runs_options(parser)
    add_results_option(parser, 'task_matrix')
    args = parser.parse_args()
    cores = count_cores(parser, args.jobs)
    start = quickstart_weights(args.detector).resolve()
    budget = Budget(args.steps, args.samples, start, args.amp)
    settings = dict(
        config='configs/quickstart/multitask_emoji.py', steps=args.steps,
        samples=args.samples, amp=args.amp, start=start.name,
    )  # fmt: skip
    take_over(args.out, settings, lambda name: args.folder / name / MEASURED)
    with user_errors_in_one_line():
        found = (
            finished_runs(args.folder, args.seeds)
            if args.finished
            else run_all(args.folder, budget, args.seeds, args.jobs, cores)
        )
        whole = of_whole_seeds(found, RUNS)
        rows = table_rows(whole)
    seeds = ' '.join(map(str, args.seeds))
    write_results(
        args.out,
        f'tools/analysis_tools/task_matrix_results.py {args.folder.name} --steps '
        f'{args.steps} --samples {args.samples} {"--amp " * args.amp}--seeds {seeds} '
        f'--jobs {args.jobs}',
        rows,
        settings,
        {folder_of(*run): figures for run, figures in found.items()},
    )
    draw_matrix(whole, args.out.with_suffix('.png'))


if __name__ == '__main__':
    main()
