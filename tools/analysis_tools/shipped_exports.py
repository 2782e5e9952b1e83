"""Measure files exported from the weights in the package.

Makes the first images of EmojiScenes' val, exports a detector in every format and
precision, and tests each on the images. Writes docs/results/shipped_exports.json.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse

from glipv2.benchmarks.gpu.report import table
from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.benchmarks.shipped_exports import CALIBRATION, measure
from glipv2.engine.command_line import user_errors_in_one_line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--weights', default='emoji', help='name or file')
    parser.add_argument(
        '--images', type=int, default=300, help='of val that are tested on'
    )
    add_results_option(parser, 'shipped_exports')
    args = parser.parse_args()
    with user_errors_in_one_line():
        rows = measure(args.weights, args.images)
    settings = dict(weights=args.weights, images=args.images, calibration=CALIBRATION)
    command = 'tools/analysis_tools/shipped_exports.py'
    write_results(args.out, command, rows, settings)
    print('\n'.join(table(rows)))


if __name__ == '__main__':
    main()
