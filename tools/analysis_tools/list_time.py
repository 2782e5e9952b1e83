"""Time a test with a long list of names by parts: docs/results/list_time.json.

    python tools/analysis_tools/list_time.py

In LVIS's protocol, from images to AP, in float32 and bfloat16: EmojiScenes' 1,108 names
in prompts of 40. GLIP-T takes a minute an image and precision.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse

from glipv2.benchmarks.gpu.report import table
from glipv2.benchmarks.list_time import CASES, measure
from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.quiet import quiet_console


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        '--case', choices=[*CASES], default='emoji', help='model (default: %(default)s)'
    )
    parser.add_argument(
        '--images', type=int, default=100, help='that are made (default: %(default)s)'
    )
    parser.add_argument(
        '--rounds', type=int, default=2, help='of tests (default: %(default)s)'
    )
    add_results_option(parser, 'list_time')
    args = parser.parse_args()
    for option in ('images', 'rounds'):
        if getattr(args, option) < 1:
            parser.error(f'--{option} must be at least 1')
    quiet_console()
    rows = measure(args.case, args.images, args.rounds)
    write_results(
        args.out,
        f'tools/analysis_tools/list_time.py --case {args.case} --images {args.images} '
        f'--rounds {args.rounds}',
        rows,
        dict(prompts='40 names', boxes='the best 300 of each prompt'),
    )
    print('\n'.join(table(rows)))


if __name__ == '__main__':
    main()
