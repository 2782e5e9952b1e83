"""Measure images a second from files to drawn files, beside the model alone.

    python tools/analysis_tools/stream_speed.py

writes docs/results/stream_speed.json. Reading overlaps with computing in one call of
many images; how much that brings, and how near it comes to the model alone.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.gpu.report import table
from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.benchmarks.stream_speed import make_images, measure_stream
from glipv2.quiet import quiet_console


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--images', type=int, default=200, help='how many')
    parser.add_argument('--size', type=int, default=640, help='side of an image, px')
    parser.add_argument(
        '--batch-sizes', type=int, nargs='+', default=[1, 8], help='at once'
    )
    parser.add_argument('--repeats', type=int, default=3, help='timed runs of each')
    parser.add_argument('--model', default='emoji', help='that is timed')
    parser.add_argument(
        '--work-dir', type=Path, default='work_dirs/stream_speed', help='for images'
    )
    add_results_option(parser, 'stream_speed')
    args = parser.parse_args()
    quiet_console()
    args.work_dir.mkdir(parents=True, exist_ok=True)
    folder = args.work_dir.resolve() / f'{args.images}_of_{args.size}'
    images = make_images(folder, args.images, args.size)
    rows = []
    for batch_size in args.batch_sizes:
        rows += measure_stream(images, args.model, batch_size, args.repeats)
    settings = dict(images=args.images, size=args.size, repeats=args.repeats)
    command = 'tools/analysis_tools/stream_speed.py'
    write_results(args.out, command, rows, settings)
    print('\n'.join(table(rows)))


if __name__ == '__main__':
    main()
