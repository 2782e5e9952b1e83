"""What parts start from: every name of the index, whoever builds the model."""

import os
from pathlib import Path

import pytest
import torch
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.model import BaseModule
from torch import nn

from glipv2.checkpoint.release_file import write_release
from glipv2.engine import ShardedStrategy
from glipv2.engine.checked_weights import check_initial_weights
from glipv2.shipped import stored_weights
from glipv2.weights.table import index_models, releases
from tests.public_layouts.shrunk import shrink_model

ROOT = Path(__file__).parents[2]
SWIN_L = ROOT / 'configs/pretrain/glipv2_swin-l_fiveods-goldg-cc15m-sbu.py'


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep fetched weights in an empty folder."""
    monkeypatch.setenv('GLIPV2_HOME', str(tmp_path / 'home'))
    (tmp_path / 'home').mkdir()
    monkeypatch.chdir(tmp_path)


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
        check_initial_weights(part)
    assert '\n' not in str(no.value)
    weight = torch.tensor([[7.0]])
    state = {'text_encoder.line.weight': weight, 'text_encoder.line.bias': weight[0]}
    write_release(stored_weights(name), state, None)
    check_initial_weights(part)
    part.init_weights()
    assert torch.equal(part.line.weight, weight)


@pytest.mark.parametrize('name', [x for x in index_models() if x not in releases()])
def test_a_name_without_published_weights_says_so(name: str) -> None:
    if name == 'emoji':  # in the package
        check_initial_weights(Part(name))
        return
    with pytest.raises(FileNotFoundError, match='none are published: train configs/'):
        check_initial_weights(Part(name))


def test_a_name_that_is_none_has_similar_ones() -> None:
    with pytest.raises(FileNotFoundError, match='similar names: unicl_swin_t'):
        check_initial_weights(Part('unicl-swin_t'))


class Evil:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple:
        return os.system, ('touch ran',)


def sharded_start(model: nn.Module) -> None:
    """Initialise a model as the strategy does before it is divided."""
    strategy = ShardedStrategy()
    strategy.dispatch_kwargs = {}
    strategy._init_model_weights(model)


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
        sharded_start(model)
    made = {key: torch.ones_like(x) for key, x in model.state_dict().items()}
    backbone = {k: x for k, x in made.items() if k.startswith('backbone.')}
    Path('weights').mkdir()
    torch.save(dict(state_dict=backbone), 'weights/swin_l.pth')
    with pytest.raises(FileNotFoundError, match='weights get unicl_swin_b` fetches'):
        sharded_start(model)
    text = {k: x for k, x in made.items() if k.startswith('text_encoder.')}
    write_release(stored_weights('unicl_swin_b'), text, None)
    sharded_start(model)
    for key, value in model.state_dict().items():
        if key.startswith(('backbone.', 'text_encoder.')) and value.is_floating_point():
            assert (value == 1).all(), key


def test_a_sharded_run_runs_no_code_of_its_files() -> None:
    torch.save(dict(state_dict={}, meta=Evil()), 'evil.pth')
    with pytest.raises(ValueError, match='evil.pth is refused'):
        sharded_start(Part('evil.pth'))
    with pytest.raises(ValueError, match='evil.pth is refused'):
        ShardedStrategy().load_checkpoint('evil.pth')
    with pytest.raises(FileNotFoundError, match='weights get glip_l` fetches'):
        ShardedStrategy().load_checkpoint('glip_l')
    assert not Path('ran').exists()
