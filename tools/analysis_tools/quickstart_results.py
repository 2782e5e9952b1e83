"""Write what the quickstart reached to docs/results/quickstart.json."""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import json
from pathlib import Path

from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.quickstart.splits import TITLES

CONFIG = 'configs/quickstart/glipv2_lite0_minilm_emoji.py'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('work_dir', type=Path, help='that the quickstart wrote')
    add_results_option(parser, 'quickstart')
    args = parser.parse_args()
    found = json.loads((args.work_dir / 'metrics.json').read_text())
    rows = [
        {
            'split': title,
            'AP': found[f'{split}/bbox_mAP'],
            'AP50': found[f'{split}/bbox_mAP_50'],
        }
        for split, title in TITLES.items()
    ]
    settings = dict(config=CONFIG, seconds=found['seconds'])
    write_results(args.out, 'tools/demo/quickstart.py', rows, settings)


if __name__ == '__main__':
    main()
