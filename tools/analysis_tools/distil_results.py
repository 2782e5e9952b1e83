"""Distil the shipped weights into a fast detector, and write docs/results/distil.json.

    python tools/analysis_tools/distil_results.py --work-dir work_dirs/distil

The weights label images of EmojiScenes, a detector of configs/distil learns from these
labels, and both are measured on images with true boxes. A run that was killed goes on.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.distil import NUMBERS, Distillation, add_options
from glipv2.benchmarks.gpu.report import table
from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.engine.command_line import user_errors_in_one_line

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser, 'work_dirs/distil', NUMBERS)
    add_results_option(parser, 'distil')
    given = vars(parser.parse_args())
    out, work_dir = given.pop('out'), given.pop('work_dir').resolve()
    given['config'] = given['config'].resolve()
    work = Distillation(work_dir, **given)
    with user_errors_in_one_line():
        rows = work.run()
    settings = dict(
        given, config=str(work.config.relative_to(ROOT)), seconds=work.seconds()
    )
    write_results(out, 'tools/analysis_tools/distil_results.py', rows, settings)
    print('\n'.join(table(rows)))


if __name__ == '__main__':
    main()
