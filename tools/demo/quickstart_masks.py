"""Train the mask head on the quickstart's detector and measure it.

    make demo
    python tools/demo/quickstart_masks.py

A finished stage is not repeated.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from mmengine.config import Config
from mmengine.runner import Runner, TestLoop

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / 'configs' / 'quickstart' / 'masks_emoji.py'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--work-dir', type=Path, default=ROOT / 'work_dirs' / 'masks_emoji'
    )
    parser.add_argument('--cfg-options', nargs='+', default=[], help='of the training')
    args = parser.parse_args()
    start = time.time()
    last = args.work_dir / 'last_checkpoint'
    command = [
        sys.executable, str(ROOT / 'tools' / 'train.py'), str(CONFIG), '--work-dir',
        str(args.work_dir), *(['--resume'] if last.is_file() else []),
        '--cfg-options',
        # Measured below, not while training.
        'val_cfg=None', 'val_dataloader=None', 'val_evaluator=None', *args.cfg_options,
    ]  # fmt: skip
    subprocess.run(command, cwd=ROOT, check=True)
    seconds = dict(train=round(time.time() - start, 1))
    start = time.time()
    figures = measure(args.work_dir)
    figures['seconds'] = dict(seconds, eval=round(time.time() - start, 1))
    (args.work_dir / 'metrics.json').write_text(json.dumps(figures, indent=1) + '\n')
    for key, value in figures.items():
        print(f'{key:32} {value}')


def measure(work_dir: Path) -> dict[str, object]:
    """Measure boxes and masks of both validation splits, and phrases of `val`.

    Args:
        work_dir: Of the training.

    Returns:
        The figures.
    """
    config = Config.fromfile(work_dir / CONFIG.name)
    config.load_from = (work_dir / 'last_checkpoint').read_text().strip()
    config.resume, config.work_dir = False, str(work_dir / 'test')
    runner = Runner.from_cfg(config)
    runner.load_or_resume()
    runner.call_hook('before_run')
    figures: dict[str, object] = {}
    loader, evaluator = config.test_dataloader, config.test_evaluator
    for split in ('val', 'val_unseen'):
        annotations = f'annotations/instances_{split}.json'
        loader.dataset.ann_file = annotations
        loader.dataset.data_prefix.img = f'{split}/'
        evaluator.ann_file = config.data_root + annotations
        for key, value in TestLoop(runner, loader, evaluator).run().items():
            figures[f'{split}/{key.removeprefix("coco/")}'] = value
    loader.dataset = config.phrasecut_dataset
    figures.update(TestLoop(runner, loader, config.phrasecut_evaluator).run())
    return figures


if __name__ == '__main__':
    main()
