"""Write what the open-vocabulary detector understands to a results file.

    python tools/analysis_tools/open_vocabulary_results.py WORK_DIR

After the training of configs/quickstart/open_vocabulary_emoji.py: trained names, names
that were never trained, trained names drawn by another artist, and other words for
trained names.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import json
from pathlib import Path

from glipv2.benchmarks.results import add_results_option, write_results
from glipv2.quickstart.scripts import last_checkpoint
from glipv2.quickstart.splits import (
    SPLITS,
    STYLE_AND_WORDS,
    finished_run,
    measure_splits,
)

CONFIG = 'configs/quickstart/open_vocabulary_emoji.py'
TITLES = {
    'val': '`val`: trained names',
    'val_unseen': '`val_unseen`: names never trained',
    'val_style': '`val_style`: trained names in a style never trained',
    'val_words': '`val_words`: trained categories in words never trained',
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('work_dir', type=Path, help='of the training')
    add_results_option(parser, 'open_vocabulary')
    args = parser.parse_args()
    runner = finished_run(args.work_dir, Path(CONFIG).name)
    found = measure_splits(runner, {**SPLITS, **STYLE_AND_WORDS})
    data_root = Path(runner.cfg.data_root)
    rows = []
    for split, title in TITLES.items():
        file = data_root / f'annotations/instances_{split}.json'
        rows.append(
            {
                'split': title,
                'names in the prompt': len(json.loads(file.read_text())['categories']),
                'AP': round(found[f'{split}/coco/bbox_mAP'], 3),
                'AP50': round(found[f'{split}/coco/bbox_mAP_50'], 3),
            }
        )
    settings = dict(config=CONFIG, weights=last_checkpoint(args.work_dir).name)
    command = f'tools/analysis_tools/open_vocabulary_results.py {args.work_dir.name}'
    write_results(args.out, command, rows, settings)


if __name__ == '__main__':
    main()
