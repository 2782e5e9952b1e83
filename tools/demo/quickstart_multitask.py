"""Train all tasks on EmojiScenes with one set of weights, and measure them.

    make demo
    python tools/demo/quickstart_multitask.py

Starts from the quickstart's detector; a killed training is resumed. Makes the questions
and captions first, where the data lacks them. The head of questions is then trained
alone, from new weights: beside the other tasks it hardly leaves the answers that its
questions' words suggest.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import torch

from glipv2.engine.checkpoint import load_checkpoint_safely, state_dict_of

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / 'configs' / 'quickstart' / 'multitask_emoji.py'
ANSWERS_CONFIG = CONFIG.with_name('multitask_emoji_answers.py')
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
    joint = train(CONFIG, args.work_dir, args.detector / 'quickstart.pth', args)
    seconds['train'] = round(time.time() - start, 1)

    start = time.time()
    rest = args.work_dir / 'without_answers.pth'
    drop_answers(joint, rest)
    last = train(ANSWERS_CONFIG, args.work_dir / 'answers', rest, args)
    seconds['train_answers'] = round(time.time() - start, 1)

    start = time.time()
    run('tools/test.py', ANSWERS_CONFIG, last, '--work-dir', args.work_dir / 'test')
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


def train(
    config: Path, work_dir: Path, load_from: Path, args: argparse.Namespace
) -> Path:
    """Train, or go on with a training that was killed.

    Args:
        config: What to train.
        work_dir: Its folder.
        load_from: First weights.
        args: The command line.

    Returns:
        The last checkpoint.
    """
    last = work_dir / 'last_checkpoint'
    run(
        'tools/train.py', config, '--work-dir', work_dir,
        *(['--resume'] if last.is_file() else []), '--cfg-options',
        f'load_from={load_from}',
        # Measured below, not while training.
        'val_cfg=None', 'val_dataloader=None', 'val_evaluator=None',
        *args.cfg_options,
    )  # fmt: skip
    return Path(last.read_text().strip())


def drop_answers(source: Path, target: Path) -> None:
    """Write a checkpoint's weights without those of the head of questions."""
    state = state_dict_of(load_checkpoint_safely(source))
    kept = {key: x for key, x in state.items() if not key.startswith('vqa_head.')}
    torch.save(dict(state_dict=kept), target)


def make_data() -> None:
    """Make questions, captions and phrases of the pictures, and the answer list."""
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
