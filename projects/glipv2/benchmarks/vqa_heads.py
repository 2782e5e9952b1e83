"""The paper's VQA head and the reader, trained alike on EmojiScenes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..quickstart import detection, multitask
from ..quickstart.multitask import figure_of
from ..quickstart.scripts import UNMEASURED, last_checkpoint, train_script
from .jobs import run_jobs
from .runs import measured_once

# Those of configs/_base_/schedules/vqa_finetune.py: cross-modal x5, head x50.
FIBERS_RATES = (
    'optim_wrapper.optimizer.lr=2e-5',
    'optim_wrapper.paramwise_cfg.custom_keys.fusion_neck.lr_mult=5.0',
    'optim_wrapper.paramwise_cfg.custom_keys.vqa_head.lr_mult=50.0',
)
# Kinds of questions, as VQAMetric and the blind baseline name them.
KINDS = {
    'all': 'vqa/accuracy',
    'how many': 'vqa/accuracy_of_how_many',
    'what color': 'vqa/accuracy_of_what_color',
    'what is': 'vqa/accuracy_of_what_is',
    'is there': 'vqa/accuracy_of_is_there',
    'left or right': 'vqa/accuracy_of_is_the_left_or_right',
}
# Those that training never asks (docs/emoji_scenes.md).
NEW_KINDS = {
    'all': 'vqa/accuracy',
    **{
        kind: f'vqa/accuracy_of_{kind.replace(" ", "_")}'
        for kind in (
            'count the',
            'can you see',
            'name the',
            'is the above',
            'are there more',
            'which is further',
        )
    },
}
OTHER_TASKS = {
    'box AP50': 'boxes/coco/bbox_mAP_50',
    'mask AP50': 'boxes/coco/segm_mAP_50',
    'phrases, recall at 1': 'phrases/1',
    'captions, CIDEr-D': 'captions/caption/CIDEr',
}


@dataclass(frozen=True)
class Head:
    """What answers questions.

    Args:
        title: In the table.
        blocks: Fusion blocks of its model.
        reads: Whether words read O before the first is classified (a reader).
        options: ``--cfg-options`` of its training.
    """

    title: str
    blocks: int
    reads: bool = False
    options: Sequence[str] = ()


HEADS = {
    'cls1': Head("the paper's: [CLS], MLP", 1),
    'cls2': Head("the paper's: [CLS], MLP", 2),
    'cls3': Head("the paper's: [CLS], MLP", 3),
    'fiber3': Head("the paper's, FIBER's rates", 3, options=FIBERS_RATES),
    'reader1': Head('a reader of regions', 1, reads=True),
}


def run_heads(
    out: Path, names: Sequence[str], at_once: int, cores: int, options: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Train and measure heads; what is done is not repeated.

    Args:
        out: Folder of all runs.
        names: Of :data:`HEADS`.
        at_once: Runs side by side.
        cores: CPU cores that they share.
        options: ``--cfg-options`` of the trainings for all tasks.

    Returns:
        By head the figures of the test of all tasks, and its ``steps``.
    """
    multitask.make_data()
    of_blocks: dict[int, list[str]] = {}
    for name in names:
        of_blocks.setdefault(HEADS[name].blocks, []).append(name)
    # Heads on as many blocks start from the same detector.
    jobs = {
        blocks: partial(_run_chain, out.resolve(), blocks, alike, options)
        for blocks, alike in of_blocks.items()
    }
    found: dict[str, dict[str, float]] = {}
    for measured in run_jobs(jobs, at_once, cores).values():
        found |= measured
    return found


def _run_chain(
    out: Path, blocks: int, names: Sequence[str], options: Sequence[str]
) -> dict[str, dict[str, float]]:
    found = {}
    for name in names:
        folder = out / name
        train = partial(_run, out, blocks, HEADS[name], folder, options)
        found[name] = measured_once(folder, train)
        print(name, {kind: found[name][f'questions/{key}'] for kind, key in
                     KINDS.items()}, flush=True)  # fmt: skip
    return found


def _run(
    out: Path, blocks: int, head: Head, work_dir: Path, options: Sequence[str]
) -> dict[str, float]:
    model = [f'model.fusion_neck.num_blocks={blocks}']
    detector = out / f'detector_{blocks}'
    done = detector / 'done.txt'
    if not done.is_file():
        train_script(detection.CONFIG, detector, *UNMEASURED, *model)
        done.write_text(f'{last_checkpoint(detector)}\n')
    if not head.reads:
        model.append('model.vqa_head.reader=None')
    weights = f'load_from={done.read_text().strip()}'
    last = train_script(
        multitask.CONFIG, work_dir, weights, *UNMEASURED, *model, *head.options,
        *options,
    )  # fmt: skip
    found = multitask.test_tasks(last, work_dir, model)
    found['steps'] = int(last.stem.rsplit('_', 1)[1])
    return found


def table_rows(
    found: Mapping[str, Mapping[str, float]],
    blind: Mapping[str, float],
    kinds: Mapping[str, str] = KINDS,
    split: str = 'questions',
) -> list[dict[str, object]]:
    """Make the rows of a table.

    Args:
        found: Of :func:`run_heads`.
        blind: Figures of the blind baseline.
        kinds: ``KINDS`` or ``NEW_KINDS``.
        split: Which questions: the prefix of their figures.

    Returns:
        Accuracies in percent by kind of question; the last row is the blind baseline's.

    Raises:
        ValueError: If heads were trained for different numbers of steps.
    """
    if len({figures['steps'] for figures in found.values()}) > 1:
        raise ValueError('the heads were not trained for the same number of steps')
    rows: list[dict[str, object]] = [
        {'head': HEADS[name].title, 'fusion blocks': HEADS[name].blocks}
        | {k: round(figures[f'{split}/{v}'], 1) for k, v in kinds.items()}
        for name, figures in found.items()
    ]
    without = {k: round(blind[v], 1) for k, v in kinds.items()}
    return [*rows, {'head': 'no image (blind)', 'fusion blocks': ''} | without]


def task_rows(found: Mapping[str, Mapping[str, object]]) -> list[dict[str, object]]:
    """Make the rows of a table of the other tasks, which learn in the same runs.

    Args:
        found: Of :func:`run_heads`.
    """
    return [
        {'head': HEADS[name].title, 'fusion blocks': HEADS[name].blocks}
        | {k: round(figure_of(figures, v), 3) for k, v in OTHER_TASKS.items()}
        for name, figures in found.items()
    ]
