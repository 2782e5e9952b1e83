"""Old names in configs: refused in one line that has the new name."""

import argparse
from collections.abc import Mapping
from pathlib import Path

import pytest
from mmdet.registry import DATA_SAMPLERS, DATASETS, TRANSFORMS
from mmengine.config import Config

from glipv2 import renamed
from glipv2.apis.inference import init_model
from glipv2.datasets import CocoTextDataset, LoadImage
from glipv2.engine.command_line import add_run_arguments, read_run_config

ROOT = Path(__file__).parents[1]
OLD_KEYS = [
    (
        dict(type='CocoTextDataset', bad_boxes='drop'),
        "bad_boxes='drop'",
        "on_bad='skip'",
    ),
    (
        dict(type='CocoTextDataset', allow_subset=True),
        'allow_subset=True',
        'allow_partial=True',
    ),
    (dict(type='LoadImage', skip_broken=True), 'skip_broken=True', "on_bad='skip'"),
    (dict(type='LoadImage', skip_broken=False), 'skip_broken=False', "on_bad='error'"),
    (dict(type='LoadTextMasks', bad_masks='error'), "='error'", "on_bad='error'"),
    (dict(type='StreamingODVGDataset', bad_lines='skip'), "='skip'", "on_bad='skip'"),
]


def registered(name: str) -> type | None:
    """Find a type in the registries that the table is about."""
    registries = (DATASETS, DATA_SAMPLERS, TRANSFORMS)
    return next((r.get(name) for r in registries if r.get(name)), None)


@pytest.mark.parametrize(('part', 'old', 'new'), OLD_KEYS)
def test_an_old_key_is_refused_where_it_stands(
    part: Mapping, old: str, new: str
) -> None:
    kind = part['type']
    line = rf'^{kind}: .*{old} is now {new}$'
    settings = {key: value for key, value in part.items() if key != 'type'}
    with pytest.raises(ValueError, match=line):
        registered(kind)(**settings)
    scoped = dict(type=f'mmdet.{kind}', **settings)
    for given in (part, scoped, dict(part, type=registered(kind))):
        config = Config(dict(loader=dict(dataset=dict(steps=[dict(), given]))))
        with pytest.raises(
            ValueError, match=rf'^loader\.dataset\.steps\.1: {line[1:]}'
        ):
            renamed.refuse_old_names(config)


@pytest.mark.parametrize(('old', 'new'), renamed.TYPES.items())
def test_an_old_type_is_refused_by_its_place(old: str, new: str) -> None:
    assert registered(old) is None
    assert registered(new) is not None
    config = Config(dict(train_dataloader=dict(sampler=dict(type=old))))
    line = rf'^train_dataloader\.sampler: {old} is now {new}$'
    with pytest.raises(ValueError, match=line):
        renamed.refuse_old_names(config)


def test_the_table_names_what_there_is() -> None:
    for kind, keys in renamed.KEYS.items():
        accepted = registered(kind).__init__.__wrapped__.__annotations__
        assert set(keys.values()) <= accepted.keys()
        assert not set(keys) & accepted.keys()


def test_classes_made_of_ours_refuse_old_keys_too() -> None:
    class MySet(CocoTextDataset):
        pass

    with pytest.raises(ValueError, match='CocoTextDataset: bad_boxes='):
        MySet(ann_file='x.json', bad_boxes='drop')
    assert LoadImage(on_bad='skip').on_bad == 'skip'


def test_files_and_options_are_read_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / 'old.py'
    path.write_text("dataset = dict(type='MixedDataset', sampler='x')\n")
    parser = argparse.ArgumentParser()
    add_run_arguments(parser)
    options = ['dataset.type=PresentDatasets', 'dataset.bad_lines=skip']
    args = parser.parse_args([str(path), '--cfg-options', *options])
    with pytest.raises(ValueError, match='^dataset: PresentDatasets is now Available'):
        read_run_config(parser, args)
    path.write_text("test_pipeline = [dict(type='LoadImage', skip_broken=True)]\n")
    with pytest.raises(ValueError, match=r'^test_pipeline\.0: LoadImage: skip_broken'):
        init_model(path, tmp_path / 'weights.pth')


@pytest.mark.parametrize(
    'path', sorted((ROOT / 'configs').glob('[!_]*/*.py')), ids=lambda path: path.stem
)
def test_our_own_configs_use_the_new_names(path: Path) -> None:
    renamed.refuse_old_names(Config.fromfile(path))
