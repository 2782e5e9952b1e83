"""What parts start from: every name of the index, whoever builds the model."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import torch
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.model import BaseModel, BaseModule
from mmengine.runner import CheckpointLoader, FlexibleRunner, Runner
from mmengine.runner.checkpoint import load_from_local
from torch import distributed as dist
from torch import nn

from glipv2.checkpoint.release_file import write_release
from glipv2.engine.checked_weights import check_all_weights, load_from_checked_file
from glipv2.engine.command_line import build_runner
from glipv2.shipped import stored_weights
from glipv2.weights.table import index_models, releases
from tests.public_layouts.shrunk import shrink_model

ROOT = Path(__file__).parents[2]
SWIN_L = ROOT / 'configs/pretrain/glipv2_swin-l_fiveods-goldg-cc15m-sbu.py'


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep fetched weights in an empty folder; read as any run does."""
    check_all_weights()
    monkeypatch.setenv('GLIPV2_HOME', str(tmp_path / 'home'))
    (tmp_path / 'home').mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Meet, as the processes of a sharded training do."""
    monkeypatch.setenv('LOCAL_RANK', '0')
    dist.init_process_group('gloo', store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


class Part(BaseModule):
    """A part that starts from the text tower in a file."""

    def __init__(self, checkpoint: str) -> None:
        super().__init__(
            dict(type='Pretrained', checkpoint=checkpoint, prefix='text_encoder.')
        )
        self.line = nn.Linear(1, 1)


@pytest.mark.parametrize('name', releases())
def test_a_part_starts_from_a_name(name: str) -> None:
    part = Part(name.upper())
    with pytest.raises(FileNotFoundError, match=f'weights get {name}` fetches') as no:
        part.init_weights()
    assert '\n' not in str(no.value)
    weight = torch.tensor([[7.0]])
    state = {'text_encoder.line.weight': weight, 'text_encoder.line.bias': weight[0]}
    write_release(stored_weights(name), state, None)
    part.init_weights()
    assert torch.equal(part.line.weight, weight)


@pytest.mark.parametrize('name', [x for x in index_models() if x not in releases()])
def test_a_name_without_published_weights_says_so(name: str) -> None:
    if name == 'emoji':  # in the package
        assert 'state_dict' in load_from_checked_file(name)
        return
    with pytest.raises(FileNotFoundError, match='none are published: train configs/'):
        Part(name).init_weights()


def test_a_name_that_is_none_has_similar_ones() -> None:
    with pytest.raises(FileNotFoundError, match='similar names: unicl_swin_t'):
        Part('unicl-swin_t').init_weights()


def test_an_address_that_cannot_be_reached_says_where_the_file_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'torch'))
    place = tmp_path / 'torch/hub/checkpoints/backbone.pth'
    address = 'http://127.0.0.1:9/backbone.pth'  # where nobody listens
    with pytest.raises(
        OSError, match=f'{address} cannot be fetched.*put it at {place}'
    ):
        Part(address).init_weights()
    place.parent.mkdir(parents=True, exist_ok=True)
    torch.save({'text_encoder.line.bias': torch.tensor([3.0])}, place)
    part = Part(address)
    part.init_weights()
    assert part.line.bias == 3


class Evil:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple:
        return os.system, ('touch ran',)


def test_swin_l_starts_from_a_name_and_a_file() -> None:
    """Its backbone reads files by itself, its text encoder by mmengine."""
    config = Config.fromfile(SWIN_L).model
    starts = config.backbone.init_cfg, config.text_encoder.init_cfg
    assert [x.checkpoint for x in starts] == ['weights/swin_l.pth', 'unicl_swin_b']
    shrink_model(config)
    config.backbone.init_cfg, config.text_encoder.init_cfg = starts
    config.text_encoder.source.tokenizer = 'bert-base-uncased'  # CLIP's is not shipped
    model = MODELS.build(config)
    with pytest.raises(FileNotFoundError, match='there is no checkpoint .*swin_l.pth'):
        model.init_weights()
    made = {key: torch.ones_like(x) for key, x in model.state_dict().items()}
    backbone = {k: x for k, x in made.items() if k.startswith('backbone.')}
    Path('weights').mkdir()
    torch.save(dict(state_dict=backbone), 'weights/swin_l.pth')
    model = MODELS.build(config)
    with pytest.raises(FileNotFoundError, match='weights get unicl_swin_b` fetches'):
        model.init_weights()
    text = {k: x for k, x in made.items() if k.startswith('text_encoder.')}
    write_release(stored_weights('unicl_swin_b'), text, None)
    model = MODELS.build(config)
    model.init_weights()
    for key, value in model.state_dict().items():
        if key.startswith(('backbone.', 'text_encoder.')) and value.is_floating_point():
            assert (value == 1).all(), key


class Line(BaseModel):
    """A model that mmengine can train."""

    def __init__(self, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg=init_cfg)
        self.line = nn.Linear(1, 1)

    def forward(self, x: torch.Tensor, mode: str = 'tensor') -> dict[str, torch.Tensor]:
        return dict(loss=self.line(x).sum())


def begin(model: nn.Module, strategy: str | None, **settings: object) -> None:
    """Train for no step, with mmengine's runner or with a strategy."""
    own = dict(strategy=dict(type=strategy)) if strategy else {}
    runner = (FlexibleRunner if strategy else Runner)(
        model=model, work_dir='run', train_cfg=dict(by_epoch=False, max_iters=0),
        train_dataloader=dict(
            dataset=[torch.zeros(1)], batch_size=1, sampler=dict(type='InfiniteSampler')
        ),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        default_hooks=dict(safe=dict(type='SafeCheckpoints')),
        default_scope='mmdet', experiment_name=uuid4().hex, **own, **settings,
    )  # fmt: skip
    runner.train()


@pytest.mark.parametrize('strategy', [None, 'SingleDeviceStrategy', 'ShardedStrategy'])
@pytest.mark.parametrize('source', ['evil.pth', 'file', 's3://evil.pth', 'glip_l'])
@pytest.mark.parametrize('way', ['load_from', 'resume', 'init_cfg'])
def test_no_run_runs_code_of_its_files(
    way: str, source: str, strategy: str | None, one_process: None
) -> None:
    torch.save(dict(state_dict={}, optimizer={}, meta=Evil()), 'evil.pth')
    if source == 'file':
        source = f'{Path.cwd()}/evil.pth'
    settings: dict[str, object] = dict(load_from=source)
    init = None
    if way == 'resume':
        settings['resume'] = True
    elif way == 'init_cfg':
        settings, init = {}, dict(type='Pretrained', checkpoint=source)
    with pytest.raises(
        (ValueError, FileNotFoundError),
        match='evil.pth is refused|cannot be checked|weights get glip_l` fetches',
    ):
        begin(Line(init), strategy, **settings)
    assert not Path('ran').exists()


def test_our_scripts_guard_configs_that_do_not_ask_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    CheckpointLoader.register_scheme('', load_from_local, force=True)
    torch.save(dict(state_dict={}, meta=Evil()), 'evil.pth')
    monkeypatch.setitem(MODELS.module_dict, 'LineOfTests', Line)
    model = dict(type='LineOfTests')
    config = Config(
        dict(model=model, work_dir='run', load_from='evil.pth', default_scope='mmdet')
    )
    runner = build_runner(config, ())
    with pytest.raises(ValueError, match='evil.pth is refused'):
        runner.load_or_resume()
    assert not Path('ran').exists()


def test_every_reader_of_mmengine_is_guarded_but_the_model_zoos() -> None:
    left = {
        scheme
        for scheme, reader in CheckpointLoader._schemes.items()
        if reader is not load_from_checked_file
    }
    zoos = {'modelzoo', 'torchvision', 'open-mmlab', 'openmmlab', 'mmcls'}
    assert left == {f'{zoo}://' for zoo in zoos}
