"""Options that a config derives other values from."""

import os
from pathlib import Path

import pytest
from mmengine.config import Config

from glipv2.engine.config_options import read_config_with

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
