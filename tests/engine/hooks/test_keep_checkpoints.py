"""Checkpoints are whole, two are kept, and a damaged one is passed over."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from glipv2.benchmarks.faults.short_run import are_same, build, last_weights
from glipv2.checkpoint.loading import load_checkpoint_safely
from glipv2.checkpoint.newest import newest_readable
from glipv2.checkpoint.release_file import write_release
from glipv2.checkpoint.whole_files import record_of, save_whole
from glipv2.engine import KeepCheckpoints
from glipv2.whole_file import PART, part_of


@pytest.fixture(scope='module')
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train without a fault."""
    folder = tmp_path_factory.mktemp('whole')
    build(folder).train()
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_two_are_kept_with_their_records(whole: Path) -> None:
    kept = ['iter_11.pth', 'iter_11.pth.sum', 'iter_12.pth', 'iter_12.pth.sum']
    assert [name for name in names(whole) if '.pth' in name] == kept
    assert (whole / 'last_checkpoint').read_text() == str(whole / 'iter_12.pth')
    record = json.loads((whole / 'iter_12.pth.sum').read_text())
    assert record['bytes'] == (whole / 'iter_12.pth').stat().st_size
    assert len(record['sha256']) == 64


@pytest.mark.parametrize(
    'harm',
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(bytes(path.stat().st_size)),
        lambda path: path.write_bytes(b''),
        lambda path: record_of(path).write_text('{}'),
    ],
)
@pytest.mark.parametrize('clock', [0, 10**9 * 4])
def test_a_run_goes_on_from_the_newest_that_can_be_read(
    harm: Callable[[Path], object], clock: int, whole: Path, tmp_path: Path
) -> None:
    build(tmp_path, steps=6).train()
    harm(tmp_path / 'iter_6.pth')
    os.utime(tmp_path / 'iter_5.pth', (clock, clock))
    lines: list[str] = []
    assert newest_readable(tmp_path, lines.append) == tmp_path / 'iter_5.pth'
    assert len(lines) == 1
    assert 'iter_6.pth' in lines[0]
    assert 'resuming from' in lines[0]
    build(tmp_path, resume=True).train()
    assert are_same(last_weights(tmp_path), last_weights(whole))


@pytest.mark.parametrize('content', ['', '\0\0\0', '/nowhere/iter_9.pth', None])
def test_a_damaged_pointer_does_not_matter(content: str | None, tmp_path: Path) -> None:
    build(tmp_path, steps=2).train()
    (tmp_path / 'last_checkpoint').unlink()
    if content is not None:
        (tmp_path / 'last_checkpoint').write_text(content)
    assert newest_readable(tmp_path, print) == tmp_path / 'iter_2.pth'


def test_a_moved_work_dir_is_resumed(tmp_path: Path) -> None:
    build(tmp_path / 'a', steps=2).train()
    (tmp_path / 'a').rename(tmp_path / 'b')
    assert newest_readable(tmp_path / 'b', print) == tmp_path / 'b' / 'iter_2.pth'


def test_a_run_does_not_start_anew_if_nothing_can_be_read(tmp_path: Path) -> None:
    build(tmp_path, steps=2).train()
    for path in tmp_path.glob('*.pth'):
        path.write_bytes(b'')
    with pytest.raises(ValueError, match=r'no checkpoint in .* can be read.*iter_2'):
        build(tmp_path, resume=True).train()


def test_weights_alone_cannot_be_resumed(whole: Path, tmp_path: Path) -> None:
    state = load_checkpoint_safely(whole / 'iter_12.pth')['state_dict']
    weights = tmp_path / 'weights.safetensors'
    write_release(weights, state, None)
    runner = build(tmp_path, resume=True)
    runner._load_from = str(weights)
    with pytest.raises(ValueError, match='without the state of a training'):
        runner.train()
    runner = build(tmp_path / 'started', steps=1)
    runner._load_from = str(weights)
    runner.train()
    assert (tmp_path / 'started' / 'iter_1.pth').is_file()


def test_what_was_half_written_is_removed(tmp_path: Path) -> None:
    part = part_of(tmp_path / 'iter_3.pth')
    part.write_bytes(b'half')
    build(tmp_path, steps=1, resume=True).train()
    assert not part.exists()


def test_the_best_is_there_at_any_time(tmp_path: Path) -> None:
    runner = build(tmp_path, steps=1)
    runner.train()
    keeper = KeepCheckpoints(save_best='score', rule='greater', by_epoch=False)
    keeper.before_train(runner)
    keeper._save_checkpoint(runner)  # which a new best saves again
    seen: list[list[str]] = []
    inner = runner.save_checkpoint

    def save(*args: object, **kwargs: object) -> None:
        seen.append([name for name in names(tmp_path) if name.startswith('best')])
        inner(*args, **kwargs)

    runner.save_checkpoint = save
    for step, score in enumerate([1.0, 2.0, 1.5, 3.0], 1):
        runner.train_loop._iter = step
        keeper.after_val_epoch(runner, dict(score=score))
    best = [name for name in names(tmp_path) if name.startswith('best')]
    assert best == ['best_score_iter_4.pth', 'best_score_iter_4.pth.sum']
    assert 'best_score_iter_2.pth' in seen[-1]
    load_checkpoint_safely(tmp_path / best[0])
    assert not [name for name in names(tmp_path) if PART in name]


def test_a_changed_byte_is_seen_and_a_wanted_change_permitted(tmp_path: Path) -> None:
    path = tmp_path / 'x.pth'
    save_whole(path, dict(state_dict=dict(a=torch.zeros(100))))
    torch.save(dict(state_dict=dict(a=torch.ones(100))), path)
    with pytest.raises(ValueError, match=r'x\.pth is damaged.*x\.pth\.sum'):
        load_checkpoint_safely(path)
    record_of(path).unlink()
    assert load_checkpoint_safely(path)['state_dict']['a'].sum() == 100


def test_safetensors_beside_each_checkpoint(whole: Path, tmp_path: Path) -> None:
    """They have the same weights and go with their checkpoint; it is resumed from."""
    pipeline = dict(pipeline=[dict(type='LoadImageFromFile')])

    def run(steps: int, resume: bool = False) -> None:
        runner = build(tmp_path, steps=steps, resume=resume)
        runner.cfg.update(
            model=dict(type='Line'), test_dataloader=dict(dataset=pipeline)
        )
        hook = next(x for x in runner.hooks if isinstance(x, KeepCheckpoints))
        hook.safetensors = True
        runner.train()

    run(6)
    kept = [
        f'iter_{step}.{ending}{also}'
        for step in (5, 6) for ending in ('pth', 'safetensors') for also in ('', '.sum')
    ]  # fmt: skip
    assert [name for name in names(tmp_path) if name.startswith('iter')] == kept
    released = load_checkpoint_safely(tmp_path / 'iter_6.safetensors')
    assert are_same(released['state_dict'], last_weights(tmp_path))
    assert "type='Line'" in released['meta']['cfg']
    run(12, resume=True)
    assert newest_readable(tmp_path, print) == tmp_path / 'iter_12.pth'
    assert are_same(last_weights(tmp_path), last_weights(whole))
