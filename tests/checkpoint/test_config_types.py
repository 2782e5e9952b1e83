"""Configs in checkpoints name parts of a model, and nothing in them acts."""

import random
import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from glipv2.apis import GLIPv2Inferencer
from glipv2.benchmarks.faults.judge import nothing_acts
from glipv2.checkpoint.config import config_of
from glipv2.checkpoint.config_types import plain_config, registered_names
from tests.tiny import tiny_config

MODEL = tiny_config().to_dict()
COMMAND = dict(type='subprocess.check_call', args=['touch', 'PWNED'])
PIECES = (
    'os.system', '__import__', 'open', '"', "'", '(', ')', '[', '{', 'type', '_scope_',
    'init_cfg', 'lambda: 0', '*', '**', 'exec("1")', '\n', '\0', '\\x00', 'é', '0x',
    '=', '1e999', 'import os\n', 'type="os.system"', 'dict(type="shutil.rmtree")', '-',
    'f"{1}"',
)  # fmt: skip


def checkpoint_of(**values: object) -> dict:
    """Make what torch reads of a file; writing the text imports a formatter."""
    return dict(meta=dict(cfg=Config(values).pretty_text))


def test_the_judge_sees_what_acts() -> None:
    with pytest.raises(AssertionError, match='subprocess'), nothing_acts():
        import subprocess

        subprocess.run(['true'], check=True)


@pytest.mark.parametrize(
    ('change', 'named'),
    [
        (dict(neck=COMMAND), 'subprocess.check_call'),
        (dict(neck=dict(type='mmdet.FPN.x')), 'mmdet.FPN.x'),
        (dict(neck=dict(type='torch.nn.Linear')), 'torch.nn.Linear'),
        (dict(neck=dict(type=3)), '3'),
        (dict(neck=dict(type='NoSuchNeck')), 'NoSuchNeck'),
        (dict(neck=dict(type='FPN', _scope_='os')), "scope 'os'"),
        # Its constructor reads another config file.
        (dict(neck=dict(type='KnowledgeDistillationSingleStageDetector')), 'Knowledge'),
        (dict(test_cfg=dict(nms=dict(type='__import__("os").getpid()'))), 'getpid'),
        (dict(text_encoder=dict(type='TextEncoder', source='a/b')), "source 'a/b'"),
        (dict(neck=dict(lang_model_name='a/b')), "lang_model_name 'a/b'"),
        (dict(neck=dict(type='FPN', num_outs=10**9)), 'above'),
        (dict(deep=[[dict(a=(dict(type='os.getpid'),))]]), 'os.getpid'),
    ],
)
def test_what_is_no_part_of_a_model_is_refused(change: dict, named: str) -> None:
    checkpoint = checkpoint_of(model={**MODEL, **change})
    with (
        nothing_acts(),
        pytest.raises(ValueError, match=f'x.pth is refused: .*{re.escape(named)}'),
    ):
        config_of(checkpoint, 'x.pth')


@pytest.mark.parametrize(
    'values',
    [
        dict(custom_imports=dict(imports=['antigravity'])),
        dict(custom_imports=dict(imports='antigravity')),
        dict(custom_imports=['antigravity']),
        dict(default_scope='antigravity'),
    ],
)
def test_only_glipv2_is_imported(values: dict) -> None:
    checkpoint = checkpoint_of(model=MODEL, **values)
    with nothing_acts(), pytest.raises(ValueError, match='antigravity'):
        config_of(checkpoint, 'x.pth')


def test_what_else_stands_beside_imports_does_nothing() -> None:
    imports = dict(imports=['glipv2'], allow_failed_imports=[1], other=2)
    checkpoint = checkpoint_of(model=MODEL, custom_imports=imports)
    with nothing_acts():
        assert config_of(checkpoint, 'x.pth').custom_imports.imports == ['glipv2']


def test_initialisations_are_left_out() -> None:
    pretrained = dict(type='Pretrained', checkpoint='http://192.0.2.1/x.pth')
    checkpoint = checkpoint_of(
        model=dict(
            type='GLIPv2', init_cfg=[pretrained],
            backbone=dict(type='ResNet', init_cfg=pretrained),
            neck=dict(type='FPN', init_cfg=dict(type='Xavier', layer='Conv2d')),
        ),
        custom_hooks=[COMMAND],
    )  # fmt: skip
    found = config_of(checkpoint, 'x.pth')
    for part in (found.model, found.model.backbone, found.model.neck):
        assert part.init_cfg is None
    assert 'custom_hooks' not in found


@pytest.mark.parametrize('path', sorted(Path('configs').rglob('*.py')), ids=str)
def test_what_the_repositorys_configs_name_is_allowed(path: Path) -> None:
    # Weights of `distil` are mmdet's own detectors, and not read here.
    if not {'_base_', 'distil'} & {*path.parts}:
        plain_config(Config.fromfile(path).to_dict())


def test_a_file_that_names_a_command_does_nothing(tmp_path: Path) -> None:
    """The whole way that a user goes, with a file that torch reads as plain data."""
    (marker := tmp_path / 'PWNED').unlink(missing_ok=True)
    command = dict(type='subprocess.check_call', args=['touch', str(marker)])
    text = Config(dict(model={**MODEL, 'neck': command})).pretty_text
    torch.save(dict(state_dict={}, meta=dict(cfg=text)), tmp_path / 'evil.pth')
    with nothing_acts(), pytest.raises(ValueError, match='evil.pth is refused'):
        GLIPv2Inferencer(weights=str(tmp_path / 'evil.pth'), device='cpu')
    assert not marker.exists()


def test_mutated_configs_are_accepted_or_refused_in_one_line() -> None:
    imports = dict(imports=['glipv2'])
    whole = Config(dict(model=MODEL, custom_imports=imports)).pretty_text
    chance = random.Random(0)
    pieces = [*sorted(registered_names()), *PIECES]
    outcomes = dict(accepted=0, refused=0)
    with nothing_acts():
        for _ in range(2000):
            text = whole
            for _ in range(chance.randint(1, 4)):
                start = chance.randrange(len(text))
                end = min(len(text), start + chance.choice((0, 0, 1, 5, 40)))
                text = text[:start] + chance.choice(pieces) + text[end:]
            try:
                config_of(dict(meta=dict(cfg=text)), 'x.pth')
                outcomes['accepted'] += 1
            except ValueError as error:
                assert 'x.pth' in str(error)
                outcomes['refused'] += 1
    assert min(outcomes.values()) > 20, outcomes
