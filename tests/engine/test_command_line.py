"""The shared command line: what it sets, and one line for what it refuses."""

import argparse
import json
import os
import signal
import time
from pathlib import Path

import pytest
import torch
from mmdet.registry import MODELS
from mmengine.config import Config
from torch.utils.data import DataLoader, Dataset

from glipv2.checkpoint.loading import load_checkpoint_safely
from glipv2.engine.command_line import (
    add_run_arguments,
    build_runner,
    read_run_config,
    user_errors_in_one_line,
)
from glipv2.engine.config_options import read_config_with
from glipv2.shipped import shipped


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a small config; keep the environment as it was."""
    monkeypatch.setenv('LOCAL_RANK', '0')
    path = tmp_path / 'small.py'
    path.write_text('model = dict(width=1)\nsteps = [dict(size=1)]\nroot = "data"\n')
    return path


def read(*arguments: str) -> Config:
    """Read a command line."""
    parser = argparse.ArgumentParser()
    add_run_arguments(parser)
    return read_run_config(parser, parser.parse_args(list(arguments)))


def test_options_reach_the_config(config: Path) -> None:
    cfg = read(
        str(config), '--cfg-options', 'model.width=2', 'steps.0.size=3', 'new=[1,2]',
        'url=a=b', '--launcher', 'pytorch',
    )  # fmt: skip
    assert cfg.model.width == 2
    assert cfg.steps[0].size == 3
    assert cfg.new == [1, 2]
    assert cfg.url == 'a=b'
    assert cfg.launcher == 'pytorch'
    assert cfg.work_dir == os.path.join('work_dirs', 'small')


def test_work_dir_of_the_command_line_wins(config: Path) -> None:
    config.write_text('work_dir = "of_config"')
    assert read(str(config)).work_dir == 'of_config'
    assert read(str(config), '--work-dir', 'mine').work_dir == 'mine'


def test_broken_images_are_refused_in_any_number_of_sets(tmp_path: Path) -> None:
    (tmp_path / 'broken.png').write_bytes(b'\x89PNG\r\n\x1a\n and no more')
    info = [dict(img_path=str(tmp_path / 'broken.png'), instances=[])]
    (tmp_path / 'list.json').write_text(json.dumps(dict(metainfo={}, data_list=info)))
    reads = dict(
        type='BaseDetDataset',
        ann_file=str(tmp_path / 'list.json'),
        pipeline=[dict(type='LoadImageFromFile')],
    )
    nested = dict(type='ConcatDataset', datasets=[reads])
    repeated = dict(type='RepeatDataset', dataset=nested, times=1)
    loader = dict(
        dataset=repeated,
        sampler=dict(type='DefaultSampler'),
        batch_size=1,
        num_workers=0,
    )
    cfg = Config(dict(default_scope='mmdet', work_dir=str(tmp_path / 'work')))
    cfg.model = torch.nn.Identity()
    runner = build_runner(cfg, ())
    with pytest.raises(OSError, match='the image .*broken.png is truncated'):
        next(iter(runner.build_dataloader(loader, seed=0)))
    assert loader['dataset']['dataset']['datasets'][0]['pipeline'] == [
        dict(type='LoadImageFromFile')
    ]


@pytest.mark.parametrize('spelling', ['--local_rank', '--local-rank'])
def test_local_rank_is_for_the_launcher(
    config: Path, monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    read(str(config), spelling, '3')
    assert os.environ['LOCAL_RANK'] == '0'  # the launcher's own word
    monkeypatch.delenv('LOCAL_RANK')
    read(str(config), spelling, '3')
    assert os.environ['LOCAL_RANK'] == '3'


@pytest.mark.parametrize(
    ('option', 'message'),
    [
        ('foo', "'foo' is not key=value"),
        ('=1', "'=1' is not key=value"),
        ('a=[1,(2]', 'Imbalanced brackets'),
        ('root.a=1', 'does not fit the config: root='),
        ('steps.9.size=1', 'Index 9 exceeds'),
    ],
)
def test_a_bad_option_is_one_line(
    config: Path, capsys: pytest.CaptureFixture, option: str, message: str
) -> None:
    with pytest.raises(SystemExit):
        read(str(config), '--cfg-options', option)
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_a_missing_config_is_named(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        read('none.py')
    assert 'there is no config none.py' in capsys.readouterr().err


def test_what_the_user_has_to_mend_is_one_line(tmp_path: Path) -> None:
    (tmp_path / 'cut.pth').write_bytes(b'PK')
    with (
        pytest.raises(SystemExit, match='error: .*cut.pth is no checkpoint') as caught,
        user_errors_in_one_line(),
    ):
        load_checkpoint_safely(tmp_path / 'cut.pth')
    assert '\n' not in str(caught.value)


def test_what_a_registry_raises_anew_is_one_line() -> None:
    source = dict(hidden_size=24, num_attention_heads=2, max_position_embeddings=8)
    with (
        pytest.raises(SystemExit, match='error: .*has only 8 positions'),
        user_errors_in_one_line(),
    ):
        MODELS.build(dict(type='TextEncoder', source=source, max_tokens=9))


def test_other_errors_keep_their_traceback() -> None:
    with pytest.raises(ValueError, match='invalid literal'), user_errors_in_one_line():
        int('a')


@pytest.mark.parametrize(
    ('given', 'said'),
    [
        ('number = int("a")', 'mine.py cannot be read: ValueError: invalid literal'),
        (
            'import os\nnumber = 6 / int(os.environ.get("NUMBER", "2"))',
            "cannot be read with number='0': ZeroDivisionError",
        ),
    ],
)
def test_what_a_config_raises_is_one_line(
    tmp_path: Path, given: str, said: str
) -> None:
    """As it is, or with an option that its values follow."""
    config = tmp_path / 'mine.py'
    config.write_text(given + '\n')
    with pytest.raises(SystemExit, match=said), user_errors_in_one_line():
        read_config_with(config, dict(number=0))


def test_code_without_a_name_keeps_its_traceback() -> None:
    """As the code of a config that mmengine reads."""
    with pytest.raises(ZeroDivisionError), user_errors_in_one_line():
        exec('1 / 0', {})
    with pytest.raises(ValueError, match='invalid'), user_errors_in_one_line():
        exec('int("a")', {})


def test_what_a_shipped_config_refuses_is_one_line(tmp_path: Path) -> None:
    (tmp_path / 'coco').mkdir()
    labelled = dict(categories=[dict(id=1, name='bus')])
    (tmp_path / 'coco' / 'train.json').write_text(json.dumps(labelled))
    options = dict(labels=str(tmp_path), names='buz')
    with (
        pytest.raises(SystemExit, match='error: .*: names has buz, but .* of bus only'),
        user_errors_in_one_line(),
    ):
        read_config_with(shipped('configs') / 'distil' / 'rtmdet_tiny.py', options)


class Numbers(Dataset):
    """Numbers that a worker loads."""

    def __len__(self) -> int:
        return 20

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.full((3,), index)


@pytest.mark.timeout(120)
@pytest.mark.parametrize('is_known', [True, False])
def test_a_killed_worker_is_one_line(
    is_known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system may tell of its end only after its last batch cannot be read."""
    batches = iter(DataLoader(Numbers(), num_workers=1))
    next(batches)
    (worker,) = batches._workers
    while batches._data_queue.empty():  # there is a batch that it alone can hand over
        time.sleep(0.01)
    # Without torch's handler, which raises at once, wherever the script is.
    handler = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
        if not is_known:
            monkeypatch.setattr(worker, 'is_alive', lambda: True)
        with (
            pytest.raises(SystemExit, match='DataLoader worker was killed') as caught,
            user_errors_in_one_line(),
        ):
            list(batches)
    finally:
        signal.signal(signal.SIGCHLD, handler)
    assert '\n' not in str(caught.value)


def test_a_death_that_is_told_twice_is_one_line() -> None:
    """By the batch that cannot be read, and by the system while that is looked at."""

    class Unread(RuntimeError):
        def __str__(self) -> str:
            signal.raise_signal(signal.SIGCHLD)
            return 'DataLoader worker (pid 7) exited unexpectedly'

    def tell(*_: object) -> None:
        raise RuntimeError('DataLoader worker (pid 7) is killed by signal: Killed.')

    handler = signal.signal(signal.SIGCHLD, tell)
    try:
        with (
            pytest.raises(SystemExit, match='DataLoader worker was killed'),
            user_errors_in_one_line(),
        ):
            raise Unread
        signal.raise_signal(signal.SIGCHLD)  # of which nobody hears any more
    finally:
        signal.signal(signal.SIGCHLD, handler)
