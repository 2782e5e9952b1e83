"""Checkpoints: safe reading, clear refusals, and the guard in a real runner."""

import os
import pickle
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import torch
from mmdet.models.test_time_augs import DetTTAModel
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import Tensor, nn
from torch.utils.data import Dataset

from glipv2.checkpoint.loading import (
    check_state_dict,
    fitting_state,
    load_checkpoint_safely,
    state_dict_of,
)
from glipv2.checkpoint.permitted_types import read_plain, read_plain_with_pickle
from tests.tiny import CHANNELS, TEXT_DIM, example_changes, tiny_model


class Numbers(Dataset):
    """Eight numbers."""

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return dict(x=torch.tensor([float(index)]))


class Line(BaseModel):
    """A model of two parameters, or of more."""

    def __init__(self, width: int = 1, extra: bool = False) -> None:
        super().__init__()
        self.line = nn.Linear(1, width)
        if extra:
            self.extra = nn.Linear(2, 2)

    def forward(self, x: Tensor, mode: str = 'tensor') -> dict[str, Tensor]:
        return dict(loss=(self.line(x) - 1).square().mean())


LOADER = dict(
    batch_size=4,
    dataset=Numbers(),
    sampler=dict(type='DefaultSampler', shuffle=False),
)
TEST_LOOP = dict(
    test_dataloader=LOADER,
    test_cfg=dict(),
    test_evaluator=dict(type='DumpResults', out_file_path='unused.pkl'),
)


def runner_of(
    folder: Path, model: nn.Module, epochs: int = 1, **keys: object
) -> Runner:
    """Build a real runner with the guard."""
    return Runner(
        model,
        str(folder),
        dict(LOADER, collate_fn=dict(type='default_collate')),
        train_cfg=dict(by_epoch=True, max_epochs=epochs),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01)),
        custom_hooks=[dict(type='CheckpointGuard', **keys.pop('guard', {}))],
        default_scope='mmdet',
        experiment_name=f'{folder.name}{len(os.listdir(folder))}',
        **keys,
    )


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """Train for an epoch; return mmengine's own checkpoint, log buffers included."""
    (tmp_path / 'run').mkdir()
    runner_of(tmp_path / 'run', Line()).train()
    return tmp_path / 'run' / 'epoch_1.pth'


def test_reads_what_mmengine_wrote(trained: Path) -> None:
    state = state_dict_of(load_checkpoint_safely(trained))
    assert sorted(state) == ['line.bias', 'line.weight']


def test_prefix_of_distributed_training_is_removed() -> None:
    assert list(state_dict_of({'module.a': torch.zeros(1)})) == ['a']


class Evil:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple:
        return os.system, ('touch ran',)


def test_pickled_code_is_refused_and_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(dict(state_dict={}, meta=Evil()), 'evil.pth')
    with pytest.raises(ValueError, match=r'evil.pth is refused.*system'):
        load_checkpoint_safely('evil.pth')
    assert not Path('ran').exists()


@pytest.mark.parametrize('read', [read_plain, read_plain_with_pickle])
@pytest.mark.parametrize(
    'content',
    [
        b'PK',
        b'Primary function was lost\n',
        b'conv.weight of a class was\nnot a function that\n',
        b'caption,function os\n1,class was\n',
        b'image was global\nGLOBAL\n',
    ],
)
def test_damage_is_not_taken_for_pickled_code(
    content: bytes, read: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers put parts of the file, and English of their own, into their errors."""
    monkeypatch.setattr('glipv2.checkpoint.loading.read_plain', read)
    (tmp_path / 'page.pth').write_bytes(content)
    with pytest.raises(ValueError, match=r'page\.pth is (no checkpoint|damaged)'):
        load_checkpoint_safely(tmp_path / 'page.pth')


@pytest.mark.parametrize('read', [read_plain, read_plain_with_pickle])
def test_what_is_refused_is_named_in_full(
    read: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('glipv2.checkpoint.loading.read_plain', read)
    torch.save({'meta': os.system, 'data': Line}, tmp_path / 'system.pth')
    with pytest.raises(ValueError, match=r'pickled code \(posix\.system\)'):
        load_checkpoint_safely(tmp_path / 'system.pth')
    torch.save({'meta': Numbers()}, tmp_path / 'class.pth')
    with pytest.raises(ValueError, match=r'pickled code \([\w.]+\.Numbers\)'):
        load_checkpoint_safely(tmp_path / 'class.pth')
    torch.jit.script(nn.Linear(1, 1)).save(str(tmp_path / 'script.pth'))
    with pytest.raises(ValueError, match=r'pickled code \(torch\.jit\)'):
        load_checkpoint_safely(tmp_path / 'script.pth')


def test_damaged_files_are_named(trained: Path, tmp_path: Path) -> None:
    content = trained.read_bytes()
    (tmp_path / 'cut.pth').write_bytes(content[: len(content) // 2])
    (tmp_path / 'text.pth').write_text('not a checkpoint')
    (tmp_path / 'list.pth').write_bytes(b'')
    torch.save([1, 2], tmp_path / 'list2.pth')
    for name in ('cut.pth', 'text.pth', 'list.pth', 'list2.pth'):
        with pytest.raises(ValueError, match=name):
            load_checkpoint_safely(tmp_path / name)
    with open(tmp_path / 'old.pth', 'wb') as file:
        pickle.dump({'a': 1}, file)
    with pytest.raises(ValueError, match=r'old.pth'):
        load_checkpoint_safely(tmp_path / 'old.pth')
    with pytest.raises(FileNotFoundError, match=r'epoch_1.pth'):
        load_checkpoint_safely(trained.with_name('epoch_9.pth'))


def test_mismatch_lists_the_first_keys_only() -> None:
    model = nn.ModuleList(nn.Linear(1, 1) for _ in range(500))
    with pytest.raises(ValueError, match='0 of 1000 keys match') as caught:
        check_state_dict(model, {'other': torch.zeros(1)}, allow_partial=True)
    assert '1000 missing: 0.weight' in str(caught.value)
    assert '1 unexpected: other' in str(caught.value)
    assert len(str(caught.value)) < 300


def test_partial_weights_need_consent_but_shapes_never_differ() -> None:
    state = {'line.weight': torch.zeros(1, 1)}
    with pytest.raises(ValueError, match='1 missing: line.bias'):
        check_state_dict(Line(), state)
    check_state_dict(Line(), state, allow_partial=True)
    with pytest.raises(ValueError, match=r'line.weight \(\(1, 1\).*\(3, 1\)\)'):
        check_state_dict(Line(3), state, allow_partial=True)


def test_runner_resumes_its_own_checkpoint(trained: Path) -> None:
    runner = runner_of(trained.parent, Line(), epochs=2, resume=True)
    runner.train()
    assert runner.epoch == 2


def test_runner_refuses_another_models_weights(trained: Path, tmp_path: Path) -> None:
    (tmp_path / 'other').mkdir()
    model = Line(extra=True)
    before = model.line.weight.clone()
    runner = runner_of(tmp_path / 'other', model, load_from=str(trained))
    with pytest.raises(
        ValueError, match=r'epoch_1.pth: .*extra.weight.*allow_partial=True'
    ):
        runner.train()
    assert torch.equal(model.line.weight, before)
    permitted = runner_of(
        tmp_path / 'other',
        model,
        load_from=str(trained),
        guard=dict(allow_partial=True),
    )
    permitted.train()


def with_heads() -> nn.Module:
    """Make a line with heads of two tasks beside it."""
    model = Line(2)
    model.vqa_head, model.mask_head = nn.Linear(2, 2), nn.Linear(2, 2)
    return model


def test_only_whole_heads_that_the_model_lacks_are_left_out() -> None:
    more = with_heads()
    own = Line(2)
    own.mask_head = nn.Linear(2, 2)
    state = fitting_state(own, more.state_dict())
    own.load_state_dict(state)  # strict
    with pytest.raises(ValueError, match='1 unexpected: mask_head.more$'):
        fitting_state(own, {**more.state_dict(), 'mask_head.more': torch.zeros(1)})
    with pytest.raises(ValueError, match='1 unexpected: neck.more$'):
        fitting_state(own, {**more.state_dict(), 'neck.more': torch.zeros(1)})
    with pytest.raises(ValueError, match='2 missing: mask_head.weight, mask_head.bias'):
        fitting_state(own, Line(2).state_dict())


def test_losses_and_what_reads_examples_are_left_out_too() -> None:
    """Of a pre-training or by-example weights, for a model that only detects."""
    loss = dict(type='InterImageContrastiveLoss', visual_dim=CHANNELS, hidden_dim=4)
    more = tiny_model(
        contrastive_loss=dict(loss, text_dim=TEXT_DIM), **example_changes()
    )
    own = tiny_model()
    state = fitting_state(own, more.state_dict())
    assert state.keys() == own.state_dict().keys() < more.state_dict().keys()
    whole = fitting_state(more, more.state_dict())
    assert whole.keys() == more.state_dict().keys()
    with pytest.raises(ValueError, match='1 unexpected: text_encoder.more$'):
        fitting_state(own, {**more.state_dict(), 'text_encoder.more': torch.zeros(1)})
    with pytest.raises(ValueError, match='missing: text_encoder.example_reader'):
        fitting_state(more, own.state_dict())


@pytest.mark.parametrize('wrapped', [True, False])
@pytest.mark.parametrize('tests', [True, False])
def test_heads_of_other_tasks_are_left_out_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture, wrapped: bool, tests: bool
) -> None:
    """Files of mmengine and plain ones, with a distributed wrapper's prefix too."""
    more = with_heads()
    state = {f'module.{key}': value for key, value in more.state_dict().items()}
    torch.save(dict(state_dict=state) if wrapped else state, tmp_path / 'more.pth')
    (tmp_path / 'run').mkdir()
    loops = TEST_LOOP if tests else {}
    runner = runner_of(
        tmp_path / 'run', Line(2), load_from=str(tmp_path / 'more.pth'), epochs=0,
        **loops,
    )  # fmt: skip
    capsys.readouterr()
    if tests:
        runner.call_hook('before_run')
        runner.load_or_resume()
    else:
        runner.train()
    told = [x for x in ''.join(capsys.readouterr()).splitlines() if 'left out' in x]
    assert len(told) == 1
    assert 'the model has no mask_head, no vqa_head: left out of' in told[0]
    assert torch.equal(runner.model.line.weight, more.line.weight)


def test_a_resumed_run_has_the_same_heads(tmp_path: Path) -> None:
    (tmp_path / 'run').mkdir()
    runner_of(tmp_path / 'run', with_heads()).train()
    runner = runner_of(tmp_path / 'run', Line(2), epochs=2, resume=True)
    with pytest.raises(ValueError, match='4 unexpected: vqa_head.weight'):
        runner.train()


def test_runner_refuses_pickled_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(dict(state_dict=Evil()), tmp_path / 'evil.pth')
    (tmp_path / 'run').mkdir()
    runner = runner_of(tmp_path / 'run', Line(), load_from=str(tmp_path / 'evil.pth'))
    with pytest.raises(ValueError, match='refused'):
        runner.train()
    assert not (tmp_path / 'ran').exists()


def test_files_that_parts_start_from_are_checked_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'run').mkdir()
    torch.save(dict(state_dict=Evil()), 'evil.pth')
    torch.save(Line().state_dict(), 'good.pth')

    def start(checkpoint: str) -> nn.Module:
        model = Line()
        model.init_cfg = [dict(type='Pretrained', checkpoint=checkpoint)]
        runner_of(tmp_path / 'run', model).train()
        return model

    with pytest.raises(ValueError, match=r'evil.pth is refused'):
        start('evil.pth')
    assert not Path('ran').exists()
    with pytest.raises(FileNotFoundError, match='there is no checkpoint none.pth'):
        start('none.pth')
    start('good.pth')


def test_a_test_is_strict_whatever_training_may_do(
    trained: Path, tmp_path: Path
) -> None:
    (tmp_path / 'test').mkdir()
    runner = runner_of(
        tmp_path / 'test',
        Line(extra=True),
        load_from=str(trained),
        guard=dict(allow_partial=True),
        **TEST_LOOP,
    )
    with pytest.raises(ValueError, match=r'missing: extra\.weight, extra\.bias$'):
        runner.test()


def test_weights_go_through_test_time_augmentation(
    trained: Path, tmp_path: Path
) -> None:
    (tmp_path / 'flips').mkdir()
    model = DetTTAModel(module=Line(), tta_cfg=None)
    runner = runner_of(tmp_path / 'flips', model)
    runner.call_hook('before_run')
    runner.load_checkpoint(str(trained))
    expected = state_dict_of(load_checkpoint_safely(trained))
    for key, value in model.module.state_dict().items():
        assert torch.equal(value, expected[key])


def test_checkpoints_of_the_web_are_checked_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'torch'))
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'web').mkdir()
    torch.save(dict(state_dict=Evil()), tmp_path / 'web' / 'evil.pth')
    torch.save(Line().state_dict(), tmp_path / 'web' / 'good.pth')
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path / 'web')
    (tmp_path / 'run').mkdir()
    with ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f'http://127.0.0.1:{server.server_port}'
        evil = runner_of(tmp_path / 'run', Line(), load_from=f'{address}/evil.pth')
        with pytest.raises(ValueError, match='refused'):
            evil.train()
        runner_of(tmp_path / 'run', Line(), load_from=f'{address}/good.pth').train()
        server.shutdown()
    assert not (tmp_path / 'ran').exists()
    other = runner_of(tmp_path / 'run', Line(), load_from='s3://bucket/x.pth')
    with pytest.raises(ValueError, match='s3://bucket/x.pth cannot be checked'):
        other.train()
