"""Running one cell of the transfer grid: tune, take the best on val, test it."""

import json
import logging
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner, TestLoop

import glipv2  # noqa: F401 (registers the parts)

from ...checkpoint.loading import load_checkpoint_safely, state_dict_of
from ...end_with_parent import end_with_parent
from ...whole_file import write_whole
from .cells import EXAMPLES, UNTRAINED, Cell, Settings, cell_config, old_task_config
from .shown_examples import show_examples

SCORE = 'coco/bbox_mAP'


def start_worker(threads: int) -> None:
    """Prepare a process that runs cells; Ctrl-C is the business of its parent."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(threads)
    logging.disable(logging.WARNING)
    sys.stdout = open(os.devnull, 'w')  # noqa: SIM115 (pycocotools prints its tables)
    init_default_scope('mmdet')


def run_cell(cell: Cell, settings: Settings, out: Path, keep: bool) -> dict:
    """Run a cell and write its result.

    Args:
        cell: The run.
        settings: Of all runs.
        out: Folder of all runs.
        keep: Whether the tuned weights stay on disk; prompt files always do.

    Returns:
        ``new`` and ``old``: AP on the set's test split and on the old task,
        ``val``: best AP on val, ``steps``, ``seconds``.
    """
    start = time.time()
    work_dir = out / 'runs' / cell.name
    shutil.rmtree(work_dir, ignore_errors=True)
    config = cell_config(cell, settings, work_dir)
    runner = Runner.from_cfg(config)
    result = dict(cell.__dict__)
    if cell.mode in UNTRAINED:
        runner.load_or_resume()
        runner.call_hook('before_run')
        if cell.mode == EXAMPLES:
            show_examples(config, runner.model, cell.shot, cell.seed, work_dir)
    else:
        runner.train()
        result['steps'] = runner.iter
        result['val'] = _take_best(runner, cell, work_dir)
    result['seconds'] = round(time.time() - start, 1)
    result['new'] = _test(runner, config)
    if settings.old_task is not None:
        result['old'] = _test(runner, old_task_config(settings, work_dir))
    if not keep:
        for file in work_dir.glob('best_*.pth'):
            file.unlink()
    file = out / 'results' / f'{cell.name}.json'
    write_whole(file, (json.dumps(result, indent=1) + '\n').encode())
    return result


def _take_best(runner: Runner, cell: Cell, work_dir: Path) -> float:
    """Load the best weights on val; with prompt tuning only the prompt file."""
    model = runner.model
    if cell.mode == 'prompt':
        offsets = model.text_encoder.prompt_offsets
        offsets.forget_tuned()
        offsets.load(work_dir / f'prompt_{cell.task}.pth')
        hooks = [hook for hook in runner.hooks if hasattr(hook, 'best')]
        return float(hooks[0].best)
    (best,) = work_dir.glob('best_*.pth')
    model.load_state_dict(state_dict_of(load_checkpoint_safely(best)))
    return float(runner.message_hub.get_info('best_score'))


def _test(runner: Runner, config: Config) -> float:
    loop = TestLoop(runner, config.test_dataloader, config.test_evaluator)
    return float(loop.run()[SCORE])
