"""Measure what a review of few images brings, and write docs/results/active.json.

    python tools/analysis_tools/active_results.py --work-dir work_dirs/active

The shipped weights label images of EmojiScenes; of some the labels are replaced by the
true boxes, as by a person who looks at them: the most doubtful ones of `glipv2 label
--mirrored --uncertain`, or as many at random. A detector of configs/distil that has
learnt from the teacher's labels goes on with each of these, and its AP is drawn against
the number of images. A run that was killed goes on.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.active import ActiveLoop, draw_curves
from glipv2.benchmarks.distil import Distillation, add_options
from glipv2.benchmarks.gpu.report import table
from glipv2.benchmarks.jobs import add_runs_options, count_cores
from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.engine.command_line import user_errors_in_one_line

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(
        parser, 'work_dirs/active', ('images', 'val_images', 'image_size', 'epochs')
    )
    parser.add_argument(
        '--reviewed', type=int, nargs='+', default=ActiveLoop.reviewed,
        help='numbers of images whose labels are corrected',
    )  # fmt: skip
    parser.add_argument(
        '--further', type=int, default=ActiveLoop.further,
        help='epochs after a review',
    )  # fmt: skip
    add_runs_options(parser)
    add_results_option(parser, 'active')
    # Drawings that the weights have never seen: there is something to correct.
    parser.set_defaults(
        styles=['fluent'], images=400, reviewed=[50, 100, 200], epochs=36
    )  # fmt: skip
    given = vars(parser.parse_args())
    cores = count_cores(parser, given['jobs'])
    out, work_dir = given.pop('out'), given.pop('work_dir').resolve()
    choices = {key: given.pop(key) for key in ('further', 'reviewed', 'seeds', 'jobs')}
    given['config'] = given['config'].resolve()
    with user_errors_in_one_line():
        work = ActiveLoop(Distillation(work_dir, **given), **choices, cores=cores)
        rows = work.run()
    settings = dict(
        given, **choices, config=str(work.base.config.relative_to(ROOT)),
        seconds=work.seconds(),
    )  # fmt: skip
    write_results(out, 'tools/analysis_tools/active_results.py', rows, settings)
    draw_curves(rows, out.with_suffix('.png'))
    print('\n'.join(table(rows)))


if __name__ == '__main__':
    main()
