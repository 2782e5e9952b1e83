"""Write what the quickstart's masks reached to docs/results/mask_quality.json.

    make quickstart
    python tools/demo/quickstart_masks.py
    python tools/analysis_tools/mask_results.py work_dirs/masks_emoji

Phrases are beside it, in mask_phrases.json.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import json
from pathlib import Path

from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.quickstart.splits import TITLES

CONFIG = 'configs/quickstart/masks_emoji.py'
PHRASES = ('mIoU', 'cIoU', 'Pr@0.5', 'Pr@0.7', 'Pr@0.9')


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('work_dir', type=Path, help='that quickstart_masks.py wrote')
    add_results_option(parser, 'mask_quality')
    args = parser.parse_args()
    found = json.loads((args.work_dir / 'metrics.json').read_text())
    rows = [
        {
            'split': title,
            'box AP': found[f'{split}/bbox_mAP'],
            'box AP50': found[f'{split}/bbox_mAP_50'],
            'mask AP': found[f'{split}/segm_mAP'],
            'mask AP50': found[f'{split}/segm_mAP_50'],
        }
        for split, title in TITLES.items()
    ]
    phrases = {name: round(found[f'phrasecut/{name}'], 3) for name in PHRASES}
    rest = {'mIoU with attributes': round(found['phrasecut/mIoU_attributes'], 3)}
    settings = dict(config=CONFIG, seconds=found['seconds'])
    command = 'tools/demo/quickstart_masks.py'
    write_results(args.out, command, rows, settings)
    write_results(
        args.out.with_name('mask_phrases.json'), command, [phrases | rest], settings
    )


if __name__ == '__main__':
    main()
