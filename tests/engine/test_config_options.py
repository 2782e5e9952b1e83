"""Options that a config derives other values from."""

import argparse
import os
from pathlib import Path

import pytest
from mmengine.config import Config

from glipv2.engine.config_options import (
    ConfigOptions,
    parse_value,
    read_config_with,
)

OWN_DATA = Path(__file__).parents[2] / 'configs/custom/finetune_coco_format.py'


def test_paths_follow_the_data_root() -> None:
    config = read_config_with(OWN_DATA, {'data_root': 'some/where'})
    assert config.train_dataloader.dataset.data_root == 'some/where/'
    assert config.val_dataloader.dataset.data_root == 'some/where/'
    assert config.test_evaluator.ann_file == (
        'some/where/annotations/instances_val.json'
    )
    assert 'DATA_ROOT' not in os.environ


def test_a_config_that_inherits_follows_too(tmp_path: Path) -> None:
    path = tmp_path / 'mine.py'
    path.write_text(f"_base_ = '{OWN_DATA}'\ntrain_cfg = dict(max_epochs=3)\n")
    config = read_config_with(path, {'data_root': 'x', 'train_cfg.val_interval': 2})
    assert config.train_dataloader.dataset.data_root == 'x/'
    assert config.train_cfg.max_epochs == 3
    assert config.train_cfg.val_interval == 2


def test_the_layout_names_all_files() -> None:
    config = read_config_with(OWN_DATA, {'layout': 'roboflow', 'data_root': 'x'})
    dataset = config.val_dataloader.dataset
    assert dataset.ann_file == 'valid/_annotations.coco.json'
    assert dataset.data_prefix.img == 'valid/'
    assert config.val_evaluator.ann_file == 'x/valid/_annotations.coco.json'


def test_files_can_be_named_one_by_one() -> None:
    config = read_config_with(
        OWN_DATA, {'val_ann': 'v.json', 'val_images': 'pictures/'}
    )
    assert config.val_dataloader.dataset.ann_file == 'v.json'
    assert config.val_dataloader.dataset.data_prefix.img == 'pictures/'
    assert config.train_dataloader.dataset.ann_file.endswith('instances_train.json')


@pytest.mark.parametrize(
    ('mode', 'rate', 'prompts'),
    [('full', 1e-4, 0), ('linear', 1e-4, 0), ('prompt', 0.05, 1)],
)
def test_one_key_picks_the_transfer_mode(mode: str, rate: float, prompts: int) -> None:
    config = read_config_with(OWN_DATA, {'transfer_mode': mode})
    assert config.model.transfer_mode == mode
    assert config.model.text_encoder.tuned_prompts == prompts
    assert config.optim_wrapper.optimizer.lr == rate
    hooks = [hook.type for hook in config.custom_hooks]
    assert hooks[-1] == 'FinetuneReport'
    assert ('WritePromptFile' in hooks) == (mode == 'prompt')


def test_another_model_brings_its_tokenizer() -> None:
    config = read_config_with(OWN_DATA, {'base_model': 'glipv2_swin-t_bert'})
    prompt = config.train_dataloader.dataset.pipeline[-2]
    assert config.model.backbone.type == 'SwinTransformer'
    assert prompt.tokenizer == 'bert-base-uncased'


def test_the_environment_works_for_mmdets_own_tools(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv('DATA_ROOT', 'from/environment')
    monkeypatch.setenv('IMAGE_SIZE', '96')
    config = Config.fromfile(OWN_DATA)
    assert config.train_dataloader.dataset.data_root == 'from/environment/'
    assert config.train_dataloader.dataset.pipeline[2].scale == (96, 96)


def test_an_option_that_does_not_fit_is_refused() -> None:
    with pytest.raises((KeyError, TypeError)):
        read_config_with(OWN_DATA, {'load_from.x': 1, 'data_root': 'x'})


NAMES = (
    'with two spaces', "o'neil", "o'", 'say "it"', r'C:\new\train', 'back\\', 'ö 数',
    'a,b', 'a, b(1', '#1', '100%', 'a{b}', 'a[1]', '2024', '1e5', '$HOME', r'\1 \g<0>',
)  # fmt: skip
PASTING = "data_root = '{{$DATA_ROOT:data/mine}}'\nann_file = data_root + '/a.json'\n"


def parse(*options: str) -> dict:
    """Parse a command line's options."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=ConfigOptions)
    return parser.parse_args(['--cfg-options', *options]).cfg_options


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('by', ['option', 'environment'])
def test_any_folder_name_arrives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, by: str
) -> None:
    (tmp_path / 'pasting.py').write_text(PASTING)
    (tmp_path / 'reading.py').write_text(
        "import os\ndata_root = os.environ.get('DATA_ROOT', 'data/mine')\n"
        "ann_file = data_root + '/a.json'\n"
    )
    options = {}
    if by == 'option':
        options = parse(f'data_root={name}')
    else:
        monkeypatch.setenv('DATA_ROOT', name)
    for file in ('pasting.py', 'reading.py'):
        config = read_config_with(tmp_path / file, options)
        assert config.ann_file == f'{name}/a.json'
        config.dump(tmp_path / 'dumped.py')
        assert Config.fromfile(tmp_path / 'dumped.py').ann_file == config.ann_file
    assert os.environ.get('DATA_ROOT') == (None if by == 'option' else name)


@pytest.mark.parametrize('name', NAMES)
def test_any_path_arrives_where_the_config_has_one(tmp_path: Path, name: str) -> None:
    (tmp_path / 'a.py').write_text("sets = [dict(root='data/', size=1)]\n")
    config = read_config_with(tmp_path / 'a.py', parse(f'sets.0.root={name}'))
    assert config.sets[0].root == name


@pytest.mark.parametrize(
    ('text', 'value'),
    [
        ('3', 3),
        ('0.5', 0.5),
        ('true', True),
        ('None', None),
        ('1,2', [1, 2]),
        ('[ 1, two words ]', [1, 'two words']),
        ('"[(1, 2),[a b,c]]"', [(1, 2), ['a b', 'c']]),
        ("'two words'", 'two words'),
        ('a=b', 'a=b'),
    ],
)
def test_values_are_parsed_as_mmengine_does(text: str, value: object) -> None:
    assert parse(f'key={text}') == {'key': value}


def test_what_cannot_be_pasted_is_named(tmp_path: Path) -> None:
    (tmp_path / 'a.py').write_text("size = {{'$SIZE:3'}}\n")
    with pytest.raises(ValueError, match="a.py cannot be read with size='1 x'"):
        read_config_with(tmp_path / 'a.py', parse('size=1 x'))


@pytest.mark.parametrize(
    ('text', 'value'),
    [
        ("dict(type='A', sizes=[1, (2, 3)])", dict(type='A', sizes=[1, (2, 3)])),
        ("[dict(type='A'),dict(type='B', x=dict(y=-1.5))]",
         [dict(type='A'), dict(type='B', x=dict(y=-1.5))]),
        ("{'a b': None, 'c': {'d': True}}", {'a b': None, 'c': {'d': True}}),
        ('[{"a": 1}]', [{'a': 1}]),
        ('dict()', {}),
        ('(dict(a="x, y"),)', (dict(a='x, y'),)),
        ('my {odd} folder', 'my {odd} folder'),
        ('dictionary', 'dictionary'),
        ('{}', '{}'),
    ],
)  # fmt: skip
def test_dictionaries_are_written_as_in_a_config(text: str, value: object) -> None:
    assert parse_value(text) == value


@pytest.mark.parametrize(
    'text',
    [
        "dict(type=__import__('os').system('x'))",
        "[dict(a=1), open('x')]",
        'dict(a=b)',
        "dict(**{'a': 1})",
        'dict([1])',
        'dict(a=1',
        "dict(a='x', f(y=1))",
    ],
)
def test_nothing_else_is_called(text: str) -> None:
    if text.count('(') == text.count(')'):
        with pytest.raises(AssertionError, match=r'no dict\(key=value\)'):
            parse_value(text)
    else:
        assert parse_value(text) == text
