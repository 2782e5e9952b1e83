"""What each pre-training loss brings, on EmojiScenes: docs/results/ablation.json.

    python tools/dataset_converters/make_emoji_scenes.py data/emoji_scenes
    python tools/analysis_tools/ablate_losses.py work_dirs/ablation --jobs 2

Trains configs/quickstart/pretrain_emoji.py with every set of losses and seed, the same
steps and data each. Finished runs are not repeated, nor those that the results file
has, perhaps from another machine; a killed one is resumed. A picture of the learning
curves is beside the file. With --finished nothing is trained: the file gets all that is
finished, the table and the picture the seeds that are whole.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.gpu.report import table
from glipv2.benchmarks.jobs import add_runs_options, count_cores
from glipv2.benchmarks.loss_ablation import (
    RUNS,
    Ablation,
    curves_of,
    draw_curves,
    table_rows,
)
from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.benchmarks.runs import (
    MEASURED,
    add_finished_option,
    of_whole_seeds,
    take_over,
)
from glipv2.engine.command_line import user_errors_in_one_line


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('folder', type=Path, help='of all runs')
    parser.add_argument('--steps', type=int, default=1600, help='of each run')
    parser.add_argument(
        '--runs', nargs='+', choices=RUNS, default=list(RUNS),
        help='what is compared (default: all)',
    )  # fmt: skip
    add_finished_option(parser)
    add_runs_options(parser)
    parser.add_argument('--cfg-options', nargs='+', default=[], help='of all runs')
    add_results_option(parser, 'ablation')
    args = parser.parse_args()
    cores = count_cores(parser, args.jobs)
    with user_errors_in_one_line():
        work = Ablation(
            args.folder, args.steps, args.runs, args.seeds, args.cfg_options
        )
        settings = dict(
            config='configs/quickstart/pretrain_emoji.py', steps=args.steps,
            options=args.cfg_options,
        )  # fmt: skip
        take_over(args.out, settings, lambda name: args.folder / name / MEASURED)
        found = work.finished() if args.finished else work.run(args.jobs, cores)
        whole = of_whole_seeds(found, args.runs)
        rows = table_rows(whole)
    seeds = ' '.join(map(str, args.seeds))
    runs = ' '.join(f"'{name}'" for name in args.runs)
    write_results(
        args.out,
        f'tools/analysis_tools/ablate_losses.py {args.folder.name} --steps '
        f'{args.steps} --runs {runs} --seeds {seeds} --jobs {args.jobs}',
        rows,
        settings,
        {work.folder(*run).name: figures for run, figures in found.items()},
    )
    draw_curves(curves_of(whole), args.out.with_suffix('.png'))
    print('\n'.join(table(rows)))


if __name__ == '__main__':
    main()
