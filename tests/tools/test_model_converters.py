"""The converters against mmdet's own, there and back, and on files that do not fit."""

import importlib.util
import subprocess
from functools import partial
from pathlib import Path

import mmdet
import pytest
import torch
from mmdet.models.backbones import SwinTransformer
from mmdet.models.backbones.swin import swin_converter
from mmengine.config import Config
from mmengine.runner import load_checkpoint
from torch import Tensor, nn

from glipv2.apis import init_model
from glipv2.benchmarks.peers.mmdet_glip import build_twins
from glipv2.convert import files
from glipv2.convert.convert import convert, read_depths, revert
from glipv2.convert.forms import MERGE
from glipv2.convert.glip import MMDET, OFFICIAL, convert_glip
from glipv2.convert.names import Shape, mmdet_names, official_names, swin_names
from glipv2.convert.swin import convert_swin
from tests.forked import run_forked

TOOLS = Path(__file__).parents[2] / 'tools' / 'model_converters'
CONVERTERS = {
    'glip_to_glipv2': partial(convert_glip, form=OFFICIAL),
    'mmdet_glip_to_glipv2': partial(convert_glip, form=MMDET),
    'swin_to_glipv2': convert_swin,
}
DEPTHS, BLOCKS, TEXT_LAYERS = (1, 1, 2, 1), 2, 1
TEXT = dict(num_hidden_layers=TEXT_LAYERS, intermediate_size=96)
# What official files hold beside the weights that GLIP uses.
EXTRAS = {
    'rpn.anchor_generator.cell_anchors.0': torch.ones(1, 4),
    'rpn.head.cls_logits.weight': torch.randn(80, 256, 1, 1),
    'rpn.head.cls_logits.bias': torch.randn(80),
    'language_backbone.body.model.pooler.dense.weight': torch.randn(8, 8),
    'language_backbone.body.model.embeddings.position_ids': torch.arange(512)[None],
}
CONFIG = """
_base_ = '{base}'
model = dict(
    backbone=dict(depths={depths}),
    fusion_neck=dict(num_blocks={blocks}, text_feedforward_dim=96),
    text_encoder=dict(_delete_=True, type='TextEncoder', source=dict({text})),
)
"""


@pytest.fixture(scope='module', params=[True, False], ids=['fused', 'late'])
def models(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[nn.Module, nn.Module, Path, bool]:
    """mmdet's GLIP, ours with its weights, and a config of ours."""
    folder = tmp_path_factory.mktemp('models')
    theirs, ours = build_twins(folder, request.param, DEPTHS, BLOCKS, TEXT)
    kind = 'b' if request.param else 'a'
    text = ', '.join(f'{key}={value}' for key, value in TEXT.items())
    base = TOOLS.parents[1] / 'configs' / 'glip' / f'glip_t-{kind}.py'
    config = folder / 'config.py'
    config.write_text(CONFIG.format(base=base, depths=DEPTHS, blocks=BLOCKS, text=text))
    return theirs, ours, config, request.param


def official_file(ours: nn.Module, fused: bool) -> dict[str, Tensor]:
    """Make the content of an official file of our model's weights."""
    shape = Shape(DEPTHS, BLOCKS, fused, TEXT_LAYERS)
    weights = revert(ours.state_dict(), official_names(shape), EXTRAS)
    return {f'module.{key}': value for key, value in weights.items()}


def run(tool: str, *arguments: object) -> str:
    """Run a converter in this process; gives its error, or nothing."""
    try:
        files.run(CONVERTERS[tool], '', [str(argument) for argument in arguments])
    except SystemExit as end:
        return str(end)
    return ''


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    """Compare names, types and bits."""
    assert one.keys() == other.keys()
    for key in one:
        assert one[key].dtype == other[key].dtype
        assert torch.equal(one[key], other[key]), key


def test_official_names_are_those_of_mmdets_converter(models: tuple) -> None:
    """mmdet's converter must turn what we call official into its own weights."""
    theirs, ours, _, fused = models
    path = Path(mmdet.__file__).parent / '.mim/tools/model_converters/glip_to_mmdet.py'
    spec = importlib.util.spec_from_file_location('glip_to_mmdet', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    converted = module.convert(official_file(ours, fused))
    converted.pop('language_model.language_backbone.body.model.embeddings.position_ids')
    expected = theirs.state_dict()
    converted = {
        key: value.reshape(expected[key].shape) for key, value in converted.items()
    }
    assert_same(converted, dict(expected))


def test_official_file_there_and_back(models: tuple, tmp_path: Path) -> None:
    _, ours, config, fused = models
    source = official_file(ours, fused)
    torch.save(dict(model=source, iteration=3), tmp_path / 'source.pth')
    there, back = tmp_path / 'there.pth', tmp_path / 'back.pth'
    assert not run('glip_to_glipv2', tmp_path / 'source.pth', there, '--config', config)
    model = init_model(config, there, device='cpu')
    assert_same(dict(model.state_dict()), dict(ours.state_dict()))
    assert not run('glip_to_glipv2', there, back, '--reverse')
    assert_same(torch.load(back, weights_only=True)['model'], source)


def test_mmdet_file_there_and_back(models: tuple, tmp_path: Path) -> None:
    theirs, ours, config, _ = models
    source = dict(theirs.state_dict())
    torch.save(dict(state_dict=source, meta={}), tmp_path / 'source.pth')
    there, back = tmp_path / 'there.pth', tmp_path / 'back.pth'
    assert not run(
        'mmdet_glip_to_glipv2', tmp_path / 'source.pth', there, '--config', config
    )
    converted = torch.load(there, weights_only=True)
    assert_same(converted['state_dict'], dict(ours.state_dict()))
    assert not run('mmdet_glip_to_glipv2', there, back, '--reverse')
    load_checkpoint(theirs, str(back), strict=True)
    again = torch.load(back, weights_only=True)['state_dict']
    again = {key: value.reshape(source[key].shape) for key, value in again.items()}
    assert_same(again, source)


def test_published_swin_equals_mmdets_conversion(tmp_path: Path) -> None:
    swin = SwinTransformer(depths=DEPTHS, out_indices=())
    ours = {f'backbone.{key}': value for key, value in swin.state_dict().items()}
    ours = {key: torch.randn(x.shape) if x.is_floating_point() else x
            for key, x in ours.items()}  # fmt: skip
    extras = {'head.weight': torch.randn(9, 768), 'norm.weight': torch.randn(768)}
    published = revert(ours, swin_names(DEPTHS), extras)
    torch.save(dict(model=published), tmp_path / 'swin.pth')
    there, back = tmp_path / 'there.pth', tmp_path / 'back.pth'
    assert not run('swin_to_glipv2', tmp_path / 'swin.pth', there)
    converted = torch.load(there, weights_only=True)['state_dict']
    expected = swin_converter(published)
    expected = {k.removeprefix('backbone.'): x for k, x in expected.items()}
    for key in expected.keys() - {'norm.weight'}:
        assert torch.equal(converted[key], expected[key]), key
    assert not run('swin_to_glipv2', there, back, '--reverse')
    assert_same(torch.load(back, weights_only=True)['model'], published)


def test_merging_order_equals_the_convolution_it_stands_for() -> None:
    """Four neighbours joined patch by patch, against nn.Unfold's order."""
    x, weight = torch.randn(1, 3, 4, 4), torch.randn(5, 12)
    corners = [x[:, :, i::2, j::2] for j in (0, 1) for i in (0, 1)]
    expected = torch.einsum('oc,bchw->bohw', weight, torch.cat(corners, 1))
    unfolded = nn.functional.unfold(x, 2, stride=2)  # (1, 12, 4)
    got = (MERGE.forth(weight) @ unfolded).view(1, 5, 2, 2)
    torch.testing.assert_close(got, expected)
    assert torch.equal(MERGE.back(MERGE.forth(weight)), weight)


def test_what_does_not_fit_is_named_and_nothing_is_written(
    models: tuple, tmp_path: Path
) -> None:
    theirs, _, config, fused = models
    good = dict(theirs.state_dict())
    shape = Shape(DEPTHS, BLOCKS, fused, TEXT_LAYERS)
    names = mmdet_names(shape)
    target = {'bbox_head.bias0': torch.Size([1])}
    with pytest.raises(ValueError, match='that the model lacks'):
        convert(good, names, (), target)
    cases = {
        'keys that the model does not have: other.weight': {
            **good, 'other.weight': good['backbone.norm1.weight'],
        },
        'weights that the file lacks: neck.lateral_convs.0.conv.bias': {
            key: x for key, x in good.items() if key != 'neck.lateral_convs.0.conv.bias'
        },
        'word_embeddings.weight (7, 768), the model needs (30522, 768)': {
            key: x[:7] if 'word_embeddings' in key else x for key, x in good.items()
        },
        'of another model or form': {'transformer.weight': torch.ones(1)},
    }  # fmt: skip
    for message, state in cases.items():
        torch.save(state, tmp_path / 'source.pth')
        error = run(
            'mmdet_glip_to_glipv2', tmp_path / 'source.pth', tmp_path / 'out.pth',
            '--config', config,
        )  # fmt: skip
        assert message in error
        assert '\n' not in error
        assert not (tmp_path / 'out.pth').exists()


def test_damaged_and_pickled_files_are_refused(tmp_path: Path) -> None:
    source, out = tmp_path / 'source.pth', tmp_path / 'out.pth'
    torch.save(dict(model={'a': torch.ones(1)}, code=subprocess.run), source)
    done = run_forked([str(TOOLS / 'glip_to_glipv2.py'), str(source), str(out)])
    assert done.returncode == 1
    assert '--trust-pickle' in done.stderr
    assert 'Traceback' not in done.stderr
    trusted = run('glip_to_glipv2', source, out, '--trust-pickle')
    assert 'of another model or form' in trusted
    source.write_bytes(source.read_bytes()[:300])
    assert 'damaged' in run('glip_to_glipv2', source, out)
    assert 'there is no checkpoint' in run('glip_to_glipv2', tmp_path / 'no.pth', out)
    assert not out.exists()


def test_depths_are_read_from_the_names() -> None:
    keys = ['layers.0.blocks.0.x', 'layers.0.blocks.1.x', 'layers.1.blocks.0.x']
    assert read_depths(keys, 'layers.') == (2, 1)


@pytest.mark.parametrize(
    ('name', 'shape'),
    [
        ('glip_t-a', Shape((2, 2, 6, 2), 6, fused=False)),
        ('glip_t', Shape((2, 2, 6, 2), 6, fused=True)),
        ('glip_l', Shape((2, 2, 18, 2), 8, fused=True)),
    ],
)
def test_every_weight_of_the_released_models_has_a_name(
    name: str, shape: Shape
) -> None:
    config = Config.fromfile(TOOLS.parents[1] / 'configs' / 'glip' / f'{name}.py')
    keys = set(files.shapes_of(config))
    for names in (official_names(shape), mmdet_names(shape)):
        targets = {entry.target for entry in names.values()}
        covered = {key for key in keys if key in targets}
        covered |= {key for key in keys if key.rpartition('.')[0] in targets}
        assert covered == keys
        used = {key if key in targets else key.rpartition('.')[0] for key in keys}
        assert used == targets
    assert files.config_of(None, shape, 192 if name == 'glip_l' else 96).model == (
        config.model
    )
