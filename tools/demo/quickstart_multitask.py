"""Train all tasks on EmojiScenes with one set of weights, and measure them.

    make demo
    python tools/demo/quickstart_multitask.py

Starts from the quickstart's detector; a killed training is resumed. Makes the questions
and captions first, where the data lacks them.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / 'configs' / 'quickstart' / 'multitask_emoji.py'
ANNOTATIONS = ROOT / 'data' / 'emoji_scenes' / 'annotations'
# Figures of the test run by the names that metrics.json has.
FIGURES = {
    'bbox_AP50': 'boxes/coco/bbox_mAP_50',
    'mask_AP50': 'boxes/coco/segm_mAP_50',
    'vqa_accuracy': 'questions/vqa/accuracy',
    'CIDEr_D': 'captions/caption/CIDEr',
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--work-dir', type=Path, default=ROOT / 'work_dirs' / 'multitask_emoji'
    )
    parser.add_argument(
        '--detector',
        type=Path,
        default=ROOT / 'work_dirs' / 'quickstart',
        help="the quickstart's folder",
    )
    parser.add_argument('--cfg-options', nargs='+', default=[], help='of the training')
    args = parser.parse_args()
    start = time.time()
    make_data()
    seconds = dict(data=round(time.time() - start, 1))

    start = time.time()
    last = train(args)
    seconds['train'] = round(time.time() - start, 1)

    start = time.time()
    run('tools/test.py', CONFIG, last, '--work-dir', args.work_dir / 'test')
    seconds['eval'] = round(time.time() - start, 1)
    tested = sorted((args.work_dir / 'test').glob('*/*.json'))[-1]
    measured = json.loads(tested.read_text())
    figures: dict[str, object] = {name: measured[key] for name, key in FIGURES.items()}
    for key, value in measured.items():
        if key.startswith('phrases/'):
            recall = value['all'] if isinstance(value, dict) else value
            figures[f'phrase_recall@{key.rsplit("/", 1)[1]}'] = recall
    blind = args.work_dir / 'blind.json'
    run(
        'tools/analysis_tools/vqa_blind_baseline.py', ANNOTATIONS.parent, '--out', blind
    )
    figures['blind_vqa_accuracy'] = json.loads(blind.read_text())['vqa/accuracy']
    detector = json.loads((args.detector / 'metrics.json').read_text())
    figures['detection_only_bbox_AP50'] = detector['val/bbox_mAP_50']
    figures['seconds'] = seconds
    args.work_dir.joinpath('metrics.json').write_text(
        json.dumps(figures, indent=1) + '\n'
    )
    for key, value in figures.items():
        print(f'{key:32} {value}')


def train(args: argparse.Namespace) -> Path:
    """Train, or go on with a training that was killed.

    Args:
        args: The command line.

    Returns:
        The last checkpoint.
    """
    last = args.work_dir / 'last_checkpoint'
    run(
        'tools/train.py', CONFIG, '--work-dir', args.work_dir,
        *(['--resume'] if last.is_file() else []), '--cfg-options',
        f'load_from={args.detector / "quickstart.pth"}',
        # Measured below, not while training.
        'val_cfg=None', 'val_dataloader=None', 'val_evaluator=None',
        *args.cfg_options,
    )  # fmt: skip
    return Path(last.read_text().strip())


def make_data() -> None:
    """Make questions, captions and phrases of the images, and the answer list."""
    if not (ANNOTATIONS / 'vqa_train_questions.json').is_file():
        run('tools/dataset_converters/make_emoji_scenes.py', ANNOTATIONS.parent)
    answers = ANNOTATIONS / 'vqa_answers.json'
    if not answers.is_file():
        run(
            'tools/dataset_converters/vqa_answers.py', answers,
            ANNOTATIONS / 'vqa_train_annotations.json', '--least', 1,
        )  # fmt: skip


def run(script: str, *arguments: object) -> None:
    """Run one of the repository's scripts; its output is ours."""
    command = [sys.executable, str(ROOT / script), *map(str, arguments)]
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == '__main__':
    main()
