"""Measure the objects in captions, and write docs/results/grounded_captions.json.

python tools/analysis_tools/grounded_caption_results.py
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse

from glipv2.benchmarks.gpu.report import table
from glipv2.benchmarks.grounded_captions import CONFIG, measure
from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.engine.command_line import user_errors_in_one_line


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--weights', default='emoji', help='name or file')
    parser.add_argument('--images', type=int, default=300, help='of the measurement')
    add_results_option(parser, 'grounded_captions')
    args = parser.parse_args()
    with user_errors_in_one_line():
        rows = measure(args.weights, args.images)
    settings = dict(config=f'configs/{CONFIG}', images=args.images)
    command = 'tools/analysis_tools/grounded_caption_results.py'
    write_results(args.out, command, rows, settings)
    print('\n'.join(table(rows)))


if __name__ == '__main__':
    main()
