"""Measure the weights in the package, and write docs/results/emoji_weights.json.

Makes the first images of EmojiScenes' val, tests all tasks on them, prints the figures,
the size and the sha256 of the file.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse

from glipv2.benchmarks.gpu.report import table
from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.benchmarks.shipped_weights import describe, measure
from glipv2.engine.command_line import user_errors_in_one_line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--weights', default='emoji', help='name or file')
    parser.add_argument(
        '--images',
        type=int,
        nargs='+',
        default=(100, 16),
        help='how many, for each row; a test measures the last row anew',
    )
    add_results_option(parser, 'emoji_weights')
    args = parser.parse_args()
    with user_errors_in_one_line():
        file = describe(args.weights)
        rows = [measure(args.weights, images) for images in args.images]
    command = 'tools/analysis_tools/shipped_weights.py'
    write_results(args.out, command, rows, file)
    print('\n'.join(table(rows)))
    print('{file}: {bytes} bytes, sha256 {sha256}'.format(**file))


if __name__ == '__main__':
    main()
