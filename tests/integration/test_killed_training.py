"""Pre-training killed in the middle and resumed gives the same weights."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from tests.forked import run_well

ROOT = Path(__file__).parents[2]
STEPS = 12
CONFIG = """
_base_ = '{root}/configs/quickstart/pretrain_emoji.py'
bert = dict(hidden_size=384, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=64)
model = dict(
    backbone=dict(pretrained=False),
    text_encoder=dict(source=dict(_delete_=True, **bert), frozen=False),
    fusion_neck=dict(dropout=0.1, text_dropout=0.1),
)
train_dataloader = dict(batch_size=2)
val_dataloader, val_evaluator, val_cfg = None, None, None
train_cfg = dict(max_iters={steps})
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(interval=5))
"""


def start(config: Path, work_dir: Path, *options: str) -> subprocess.Popen:
    """Start a training process in a group of its own."""
    return subprocess.Popen(
        [sys.executable, ROOT / 'tools/train.py', config, '--work-dir', work_dir,
         *options, '--cfg-options',
         *(f'train_dataloader.dataset.datasets.{i}.data_root={config.parent}/scenes/'
           for i in range(2))],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip


def finish(process: subprocess.Popen) -> str:
    """Wait for a process; it must succeed."""
    output, _ = process.communicate()
    assert process.returncode == 0, output[-3000:]
    return output


@pytest.fixture(scope='module')
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make data and a shrunken config."""
    folder = tmp_path_factory.mktemp('killed')
    run_well([
        ROOT / 'tools/dataset_converters/make_emoji_scenes.py',
        folder / 'scenes', '--train', '12', '--val', '1', '--val-unseen', '1',
        '--jobs', '1', '--formats', 'odvg',
    ])  # fmt: skip
    path = folder / 'tiny_pretrain.py'
    path.write_text(CONFIG.format(root=ROOT, steps=STEPS))
    return path


@pytest.mark.timeout(400)
def test_a_killed_run_ends_with_the_same_weights(config: Path) -> None:
    whole, parts = config.parent / 'whole', config.parent / 'parts'
    finish(start(config, whole))
    killed = start(config, parts)
    for line in killed.stdout:
        # Two steps after the checkpoint, which are lost.
        if f'[ 7/{STEPS}]' in line or f'[7/{STEPS}]' in line:
            os.killpg(killed.pid, signal.SIGKILL)
            break
    killed.wait()
    assert killed.returncode == -signal.SIGKILL
    assert not (parts / f'iter_{STEPS}.pth').exists()
    time.sleep(0.1)  # the group's workers
    assert 'resumed' in finish(start(config, parts, '--resume'))
    states = [
        torch.load(folder / f'iter_{STEPS}.pth', weights_only=False)['state_dict']
        for folder in (whole, parts)
    ]
    assert states[0].keys() == states[1].keys()
    for key, value in states[0].items():
        assert torch.equal(value, states[1][key]), key
