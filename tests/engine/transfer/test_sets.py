"""ODinW as GLIP's archives unpack it: every file, the prompts, what is absent."""

import json
from pathlib import Path

import pytest
from mmdet.registry import DATASETS
from mmengine.config import Config, ConfigDict

from glipv2.engine.config_options import read_config_with
from glipv2.engine.transfer.cells import Cell, Settings, cell_config
from glipv2.engine.transfer.sets import (
    SPLITS,
    find_set,
    names_of_sets,
    odinw_table,
)
from glipv2.text.prompt import prompt_from_names
from tests.forked import run_forked

ROOT = Path(__file__).parents[3]
FILE = 'annotations_without_background.json'
# microsoft/GLIP, configs/odinw_35/*.yaml: REGISTER of the split that TEST names.
TESTED = f"""\
AerialMaritimeDrone/large/valid/{FILE}
AerialMaritimeDrone/tiled/valid/{FILE}
AmericanSignLanguageLetters/American Sign Language Letters.v1-v1.coco/valid/{FILE}
Aquarium/Aquarium Combined.v2-raw-1024.coco/valid/{FILE}
BCCD/BCCD.v3-raw.coco/valid/{FILE}
ChessPieces/Chess Pieces.v23-raw.coco/valid/{FILE}
CottontailRabbits/valid/{FILE}
DroneControl/Drone Control.v3-raw.coco/mini_val/{FILE}
EgoHands/generic/mini_val/{FILE}
EgoHands/specific/mini_val/{FILE}
HardHatWorkers/raw/valid/{FILE}
MaskWearing/raw/valid/{FILE}
MountainDewCommercial/valid/{FILE}
NorthAmericaMushrooms/North American Mushrooms.v1-416x416.coco/valid/{FILE}
OxfordPets/by-breed/mini_val/{FILE}
OxfordPets/by-species/mini_val/{FILE}
PKLot/640/mini_val/{FILE}
Packages/Raw/valid/{FILE}
PascalVOC/valid/{FILE}
Raccoon/Raccoon.v2-raw.coco/valid/{FILE}
ShellfishOpenImages/raw/valid/{FILE}
ThermalCheetah/valid/{FILE}
UnoCards/raw/mini_val/{FILE}
VehiclesOpenImages/416x416/mini_val/{FILE}
WildfireSmoke/valid/{FILE}
boggleBoards/416x416AutoOrient/export/val_{FILE}
brackishUnderwater/960x540/mini_val/{FILE}
dice/mediumColor/export/val_{FILE}
openPoetryVision/512x512/mini_val/{FILE}
pistols/export/val_{FILE}
plantdoc/416x416/valid/{FILE}
pothole/valid/{FILE}
selfdrivingCar/fixedLarge/export/val_{FILE}
thermalDogsAndPeople/valid/{FILE}
websiteScreenshots/mini_val/{FILE}
""".splitlines()
# CAPTION_PROMPT and OVERRIDE_CATEGORY there; spaces beside punctuation do not count.
SAID = dict(
    Aquarium='fish. jellyfish. penguin , which is black and white. '
    'puffin with orange beaks . shark. starfish. stingray which is flat and round',
    CottontailRabbits='rabbit',
    EgoHands_generic='hand of a person',
    NorthAmericaMushrooms='flat mushroom. yellow mushroom',
    Packages='there is a package on the porch',
    pothole='there are some holes on the road',
    pistols='pistol',
    BCCD='platelets. rbc. wbc',
)


def write_set(root: Path, layout: dict, names: tuple, ann_file: str = FILE) -> None:
    """Write a set of one box in each part, with a subset as GLIP's beside train's."""
    categories = [dict(id=i, name=name) for i, name in enumerate(names, 1)]
    box = dict(id=1, image_id=1, category_id=1, bbox=[1, 1, 9, 9], area=81, iscrowd=0)
    content = json.dumps(
        dict(
            images=[dict(id=1, file_name='1.jpg', width=20, height=20)],
            annotations=[box],
            categories=categories,
        )
    )
    for folder, start in layout.values():
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / (start + ann_file)).write_text(content)
    few_shot = root / layout['train'][0] / 'fewshot_train_shot3_seed30.json'
    few_shot.write_text(content)


def layout_of(name: str) -> dict:
    table = odinw_table()
    return table.odinw_layouts[table.odinw_sets[name].get('layout', 'folders')]


@pytest.fixture(scope='module')
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write all sets where GLIP's archives have them, and one that is not of ODinW."""
    data = tmp_path_factory.mktemp('odin w')
    for name, entry in odinw_table().odinw_sets.items():
        write_set(data / entry.root, layout_of(name), entry.classes)
    write_set(data / 'plantdoc/100x100', layout_of('plantdoc'), ('leaf',))
    return data


def settings_of(data: Path, mode_configs: str) -> Settings:
    return Settings(
        configs=mode_configs, checkpoint='base.pth', data=str(data), ann_file=None,
        max_steps=None, max_vals=None, old_task=None, old_images=None,
        replay_config=None, replay_share=0.5, options={},
    )  # fmt: skip


TRANSFER = str(ROOT / 'configs/transfer/glipv2_swin-t_{mode}.py')


def test_the_tested_files_are_those_of_glip(archives: Path) -> None:
    names, absent = names_of_sets(archives, None)
    assert absent == []
    found = [find_set(archives, name) for name in names]
    tested = {
        each.annotations('val').relative_to(archives).as_posix() for each in found
    }
    assert tested == set(TESTED) and len(names) == len(TESTED) == 35
    config = Config.fromfile(ROOT / 'configs/odinw/glip_t_odinw35.py')
    zero_shot = {
        (each.data_root + each.ann_file).removeprefix('data/odinw/')
        for each in config.test_dataloader.dataset.datasets
    }
    assert zero_shot == set(TESTED)
    voc = find_set(archives, 'PascalVOC')
    assert voc.annotations('test') == voc.annotations('val')
    thirteen, _ = names_of_sets(archives, ['odinw13', 'dice', 'pothole'])
    assert len(thirteen) == 14 and thirteen[-1] == 'dice'
    assert set(thirteen) <= set(names)


@pytest.mark.parametrize(
    ('mode', 'name'),
    list(zip(('full', 'linear', *['prompt'] * 6), SAID, strict=True)),
)
def test_training_and_tests_say_what_glip_says(
    archives: Path, tmp_path: Path, mode: str, name: str
) -> None:
    said = []
    config = cell_config(
        Cell(name, mode, '3', 30), settings_of(archives, TRANSFER), tmp_path
    )
    plain = read_config_with(TRANSFER.format(mode=mode), dict(odinw_set=name))
    for split in SPLITS:
        dataset = config[f'{split}_dataloader'].dataset
        dataset = dataset.get('dataset', dataset)
        alone = plain[f'{split}_dataloader'].dataset
        alone = alone.get('dataset', alone)
        assert alone.caption_prompt == dataset.caption_prompt
        assert alone.metainfo == dataset.metainfo
        assert dataset.ann_file.endswith(
            'fewshot_train_shot3_seed30.json' if split == 'train' else alone.ann_file
        )
        dataset.pipeline = []
        sample = DATASETS.build(dataset).get_data_info(0)
        prompt = prompt_from_names(sample['text'], sample.get('caption_prompt'))
        said.append(prompt.text.replace(' ', '').rstrip('.'))
    assert said == [SAID[name].replace(' ', '')] * 3


def test_absent_sets_are_named_and_folders_are_found(tmp_path: Path) -> None:
    data = tmp_path / 'data'
    for name in ('Aquarium', 'pistols', 'EgoHands_generic'):
        entry = odinw_table().odinw_sets[name]
        write_set(data / entry.root, layout_of(name), entry.classes)
    present, absent = names_of_sets(data, None)
    assert set(present) == {'Aquarium', 'pistols', 'EgoHands_generic'}
    assert len(absent) == 32 and 'pothole' in absent
    run = run_forked([
        ROOT / 'tools/analysis_tools/odinw_transfer.py',
        tmp_path / 'out', '--data', data, '--checkpoint', tmp_path / 'none.pth',
    ])  # fmt: skip
    assert '3 of 35 sets of ODinW' in run.stdout and 'thermalDogs' in run.stdout
    own = tmp_path / 'own'
    raw = '_annotations.coco.json'
    write_set(own / 'a b/deep.v1', layout_of('pothole'), ('x',), ann_file=raw)
    write_set(own / 'flat/export', layout_of('pistols'), ('x',))
    assert names_of_sets(own, None) == (['a b/deep.v1', 'flat/export'], [])
    assert find_set(own, 'a b/deep.v1').ann_file == raw
    assert names_of_sets(own, None, 'other.json') == ([], [])
    with pytest.raises(FileNotFoundError, match="no set 'pothole'"):
        find_set(own, 'pothole')


@pytest.mark.parametrize('wrong', [('b', 'a'), ('a', 'c'), ('a',)])
def test_files_of_two_prompts_are_refused(tmp_path: Path, wrong: tuple) -> None:
    write_set(tmp_path / 'mine', layout_of('pothole'), ('a', 'b'))
    file = find_set(tmp_path, 'mine').annotations('val')
    content = json.loads(file.read_text())
    content['categories'] = [dict(id=i, name=n) for i, n in enumerate(wrong, 1)]
    file.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r'train.* and .*valid.* other class names'):
        cell_config(
            Cell('mine', 'prompt', 'all', 3), settings_of(tmp_path, TRANSFER), tmp_path
        )


def test_all_data_ends_earlier(archives: Path, tmp_path: Path) -> None:
    settings = settings_of(archives, TRANSFER)
    patience = {}
    for shot in ('3', 'all'):
        config = cell_config(Cell('pothole', 'full', shot, 30), settings, tmp_path)
        stop = next(h for h in config.custom_hooks if h.type == 'EarlyStoppingHook')
        patience[shot] = config.param_scheduler[0].patience, stop.patience
    assert patience == {'3': (3, 8), 'all': (2, 4)}  # GLIP's README
    assert isinstance(config.train_dataloader, ConfigDict)
