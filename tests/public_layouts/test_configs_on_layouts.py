"""Configs train and test through the tools on the public sets' layouts."""

import json
from pathlib import Path

import pytest

from glipv2.datasets.report.leaves import leaf_configs
from tests.all_configs import CONFIGS, config_of
from tests.public_layouts.conftest import Workplace

LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


def one_of_each_kind() -> list[str]:
    """Choose a config for each set that is read and each way that it is learnt from.

    Each of the models, of which several read the same, takes a step in test_configs.py.
    """
    chosen: dict[str, str] = {}
    for path in CONFIGS:
        config = config_of(path)
        read = [
            (leaf['type'], leaf.get('ann_file'), [x['type'] for x in leaf['pipeline']])
            for loader in LOADERS
            for _, leaf in leaf_configs(config[loader]['dataset'], loader)
        ]
        learnt = [
            *(config.get('load_from') is None, config.get('strategy')),
            *(config.train_cfg.get('type'), config.optim_wrapper.get('type')),
            *(config.model.get('train_only'), config.model.get('transfer_mode')),
            [hook['type'] for hook in config.custom_hooks],
        ]
        chosen.setdefault(repr((read, learnt, config.test_evaluator)), path)
    return list(chosen.values())


CHOSEN = one_of_each_kind()


def test_the_chosen_differ() -> None:
    folders = {path.split('/')[1] for path in CONFIGS} - {'glip'}  # COCO, too
    assert {path.split('/')[1] for path in CHOSEN} == folders
    assert len(CONFIGS) > len(CHOSEN) > len(CONFIGS) // 2


@pytest.mark.parametrize('path', CHOSEN)
def test_config_trains_and_tests(workplace: Workplace, path: str) -> None:
    checkpoint = workplace.trained(path)
    out = workplace.folder / 'tested' / Path(path).stem
    workplace.run_config(
        'tools/test.py', path, workplace.folder / path, checkpoint, '--work-dir', out
    )
    metrics = json.loads((out / 'benchmark.json').read_text())['metrics']
    assert metrics
