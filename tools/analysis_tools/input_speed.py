"""Measure training samples a second of one worker, for the pipelines of the configs.

    python tools/analysis_tools/input_speed.py

writes docs/results/input_speed.json: how many samples a process of the data loader
makes, and what share of its time reads and resizes the images.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from mmdet.utils import register_all_modules

from glipv2.benchmarks.gpu.report import table
from glipv2.benchmarks.input_speed import SAMPLES, make_scenes, measure_input
from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.quiet import quiet_console


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--images', type=int, default=100, help='how many')
    parser.add_argument('--size', type=int, default=640, help='side of an image, px')
    parser.add_argument(
        '--samples', nargs='+', choices=SAMPLES, default=list(SAMPLES),
        help='what is timed (default: all)',
    )  # fmt: skip
    parser.add_argument('--repeats', type=int, default=3, help='timed runs of each')
    parser.add_argument(
        '--work-dir', type=Path, default='work_dirs/input_speed', help='for images'
    )
    add_results_option(parser, 'input_speed')
    args = parser.parse_args()
    quiet_console()
    register_all_modules()
    folder = args.work_dir.resolve() / f'{args.images}_of_{args.size}'
    make_scenes(folder, args.images, args.size)
    rows = measure_input(folder, args.samples, args.repeats)
    settings = dict(images=args.images, size=args.size, repeats=args.repeats)
    write_results(args.out, 'tools/analysis_tools/input_speed.py', rows, settings)
    print('\n'.join(table(rows)))


if __name__ == '__main__':
    main()
