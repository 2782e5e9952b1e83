"""All tasks on EmojiScenes with one set of weights, trained and measured."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .scripts import (
    ROOT,
    UNMEASURED,
    quickstart_weights,
    run_script,
    train_script,
    write_figures,
)

CONFIG = ROOT / 'configs' / 'quickstart' / 'multitask_emoji.py'
ANNOTATIONS = ROOT / 'data' / 'emoji_scenes' / 'annotations'
ANSWERS = CONFIG.with_name('questions_emoji.py')
# Figures of the test run by the names that metrics.json has.
FIGURES = {
    'bbox_AP50': 'boxes/coco/bbox_mAP_50',
    'mask_AP50': 'boxes/coco/segm_mAP_50',
    'vqa_accuracy': 'questions/vqa/accuracy',
    'CIDEr_D': 'captions/caption/CIDEr',
}


def train_tasks(work_dir: Path, detector: Path, options: Sequence[str] = ()) -> None:
    """Make what the data lacks, train and measure.

    Args:
        work_dir: Folder of the run; gets ``metrics.json``.
        detector: The quickstart's folder, whose weights the training starts from.
        options: ``--cfg-options`` of the training.
    """
    weights = f'load_from={quickstart_weights(detector, options)}'
    start = time.time()
    make_data()
    seconds = dict(data=round(time.time() - start, 1))
    start = time.time()
    last = train_script(CONFIG, work_dir, weights, *UNMEASURED, *options)
    seconds['train'] = round(time.time() - start, 1)
    start = time.time()
    measured = test_tasks(last, work_dir)
    seconds['eval'] = round(time.time() - start, 1)
    figures: dict[str, object] = {name: measured[key] for name, key in FIGURES.items()}
    for key in measured:
        if key.startswith('phrases/'):
            name = f'phrase_recall@{key.rsplit("/", 1)[1]}'
            figures[name] = figure_of(measured, key)
    blind, script = work_dir / 'blind.json', 'analysis_tools/vqa_blind_baseline.py'
    run_script(script, ANNOTATIONS.parent, '--out', blind)
    figures['blind_vqa_accuracy'] = json.loads(blind.read_text())['vqa/accuracy']
    before = json.loads((detector / 'metrics.json').read_text())
    figures['detection_only_bbox_AP50'] = before['val/bbox_mAP_50']
    figures['seconds'] = seconds
    write_figures(work_dir, figures)


def train_answers(work_dir: Path, start: Path) -> Path:
    """Train the answers alone; what the other heads find stays as it is.

    Args:
        work_dir: Folder of the run.
        start: Weights of all tasks.

    Returns:
        The trained weights.
    """
    return train_script(ANSWERS, work_dir, f'load_from={start}', *UNMEASURED)


def test_tasks(
    weights: Path, work_dir: Path, options: Sequence[str] = (), config: Path = CONFIG
) -> dict:
    """Measure all tasks.

    Args:
        weights: Of the model.
        work_dir: Gets the folder ``test``.
        options: ``--cfg-options`` of the test.
        config: Of the model, with the tasks that it is tested on.

    Returns:
        The figures by the names that mmengine logs.
    """
    given = ['--cfg-options', *options] if options else []
    run_script('test.py', config, weights, '--work-dir', work_dir / 'test', *given)
    tested = sorted((work_dir / 'test').glob('*/*.json'))[-1]
    return json.loads(tested.read_text())


def figure_of(measured: Mapping[str, object], key: str) -> float:
    """Read a figure; mmdet's recall of phrases is by kind, here the one kind of all."""
    value = measured[key]
    return float(value['all'] if isinstance(value, dict) else value)


def make_data() -> None:
    """Make questions, captions and phrases of the images, and the answer list."""
    if not (ANNOTATIONS / 'vqa_train_questions.json').is_file():
        run_script('dataset_converters/make_emoji_scenes.py', ANNOTATIONS.parent)
    answers = ANNOTATIONS / 'vqa_answers.json'
    if not answers.is_file():
        run_script(
            'dataset_converters/vqa_answers.py', answers,
            ANNOTATIONS / 'vqa_train_annotations.json', '--least', 1,
        )  # fmt: skip
