"""Measure what a detector says of absent names, and write docs/results/absent.json.

    python tools/analysis_tools/absence_results.py work_dirs/quickstart/quickstart.pth

A calibration is fitted to one half of EmojiScenes `val`; both rows are of the other.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.absence import measure_absence
from glipv2.benchmarks.results import add_results_option, write_results

ROOT = Path(__file__).resolve().parents[2]
CONFIG = 'configs/quickstart/absent_emoji.py'


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('weights', type=Path, help='checkpoints to measure')
    parser.add_argument('--half', type=int, default=150, help='images of a half')
    parser.add_argument(
        '--work-dir', type=Path, default='work_dirs/absence', help='folder of the runs'
    )
    parser.add_argument('--cfg-options', nargs='+', default=[], help='of all tests')
    add_results_option(parser, 'absent')
    args = parser.parse_args()
    rows = measure_absence(
        ROOT / CONFIG,
        args.weights.resolve(),
        args.work_dir.resolve(),
        args.half,
        args.cfg_options,
    )
    settings = dict(config=CONFIG, weights=args.weights.name, images=args.half)
    write_results(
        args.out, f'tools/analysis_tools/absence_results.py {args.weights.name}', rows,
        settings,
    )  # fmt: skip


if __name__ == '__main__':
    main()
