"""The transfer runner on a tiny model: a kill, a missing set, replay, the tables."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import torch
from mmdet.registry import DATASETS
from mmengine.config import Config, ConfigDict
from mmengine.registry import init_default_scope

from glipv2.checkpoint.example_bank import read_bank
from glipv2.engine.transfer.cells import Cell, Settings, cell_config
from glipv2.engine.transfer.shown_examples import show_examples
from glipv2.engine.transfer.tables import summary_tables
from glipv2.text.name_layout import clean_name
from tests.tiny import example_changes, tiny_config, tiny_model

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / 'tools'


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a small set with subsets, a tiny base model and the modes' configs."""
    init_default_scope('mmdet')  # this comes before the scope of each test
    out = tmp_path_factory.mktemp('transfer')
    converters = TOOLS / 'dataset_converters'
    for command in (
        [converters / 'make_emoji_odinw.py', out / 'data', '--sets', 'hearts',
         '--train', '6', '--valid', '2', '--test', '3', '--size', '64',
         '--object-size', '16', '40'],
        [converters / 'sample_few_shot.py',
         out / 'data/hearts/train/_annotations.coco.json',
         '--shots', '1', '--seeds', '3'],
    ):  # fmt: skip
        subprocess.run([sys.executable, *map(str, command)], check=True)
    torch.save(tiny_model().state_dict(), out / 'base.pth')
    for mode in ('full', 'prompt', 'linear'):
        model = tiny_config(transfer_mode=mode)
        model.text_encoder.tuned_prompts = int(mode == 'prompt')
        bases = [
            str(ROOT / 'configs/_base_/datasets/emoji_odinw.py'),
            str(ROOT / f'configs/_base_/schedules/transfer_{mode}.py'),
        ]
        (out / f'{mode}.py').write_text(
            f'_base_ = {bases}\nmodel = {model.to_dict()!r}\n'
        )
    return out


def command(folder: Path) -> list[str]:
    return [
        sys.executable, str(TOOLS / 'analysis_tools/odinw_transfer.py'),
        str(folder / 'out'), '--configs', str(folder / '{mode}.py'),
        '--checkpoint', str(folder / 'base.pth'), '--data', str(folder / 'data'),
        '--sets', 'hearts', 'clocks', '--modes', 'zero_shot', 'prompt', 'linear',
        '--shots', '1', '--seeds', '3', '--max-steps', '2',
        '--old-task', str(folder / 'old.py'), '--old-images', '2',
    ]  # fmt: skip


def settings_of(folder: Path, **changes: object) -> Settings:
    keys = dict(
        configs=str(folder / '{mode}.py'), checkpoint=str(folder / 'base.pth'),
        data=str(folder / 'data'), ann_file='_annotations.coco.json', max_steps=9,
        max_vals=2, old_task=None, old_images=None, replay_config=None,
        replay_share=0.5, options={},
    )  # fmt: skip
    return Settings(**{**keys, **changes})


@pytest.mark.timeout(600)
def test_a_killed_grid_goes_on_where_it_was(folder: Path) -> None:
    results = folder / 'out' / 'results'
    (folder / 'old.py').write_text(
        f"_base_ = './full.py'\n"
        f"test_dataloader = dict(dataset=dict(data_root='{folder}/data/hearts/'))\n"
        'test_evaluator = dict(\n'
        f"    ann_file='{folder}/data/hearts/test/_annotations.coco.json')\n"
    )
    run = command(folder)
    process = subprocess.Popen(run, start_new_session=True, stderr=subprocess.DEVNULL)
    first = results / 'hearts-prompt-shot1-seed3.json'
    while not first.is_file():
        assert process.poll() is None
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    written = first.stat().st_mtime_ns
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr  # a set is missing
    assert 'FAILED clocks' in done.stderr and done.stderr.count('FAILED') == 1
    assert first.stat().st_mtime_ns == written
    found = {path.stem: json.loads(path.read_text()) for path in results.iterdir()}
    assert set(found) == {
        'hearts-zero_shot', 'hearts-prompt-shot1-seed3', 'hearts-linear-shot1-seed3',
    }  # fmt: skip
    assert all('old' in result for result in found.values())
    assert 'mean of 1 sets (hearts)' in done.stdout
    assert (folder / 'out/runs/hearts-prompt-shot1-seed3/prompt_hearts.pth').is_file()
    other = subprocess.run([*run, '--max-vals', '7'], capture_output=True, text=True)
    assert other.returncode == 1 and 'other settings' in other.stderr
    # Another machine goes on with the runs of the results file.
    file = folder / 'transfer.json'
    script = TOOLS / 'analysis_tools/transfer_results.py'
    subprocess.run([sys.executable, script, results.parent, '--out', file], check=True)
    run[2] = str(folder / 'elsewhere')
    run.remove('clocks')
    again = subprocess.run([*run, '--results', file], capture_output=True, text=True)
    assert '1 of 1 runs are there' in again.stdout, again.stderr
    assert '2 of 2 runs are there' in again.stdout


@pytest.mark.timeout(300)
def test_the_base_is_found_by_its_name(folder: Path, tmp_path: Path) -> None:
    run = [
        sys.executable, str(TOOLS / 'analysis_tools/odinw_transfer.py'), str(tmp_path),
        '--configs', str(ROOT / 'configs/quickstart/transfer_{mode}.py'),
        '--data', str(folder / 'data'), '--sets', 'hearts', '--modes', 'zero_shot',
        '--checkpoint',
    ]  # fmt: skip
    unknown = subprocess.run([*run, 'emojy'], capture_output=True, text=True)
    assert unknown.returncode == 1 and 'no base checkpoint emojy' in unknown.stderr
    subprocess.run([*run, 'emoji'], check=True)
    result = json.loads((tmp_path / 'results/hearts-zero_shot.json').read_text())
    assert result['new'] > 0


def test_replay_mixes_its_share_in(folder: Path, tmp_path: Path) -> None:
    settings = settings_of(
        folder,
        replay_config=str(ROOT / 'configs/quickstart/pretrain_emoji.py'),
        replay_share=0.25,
    )
    config = cell_config(Cell('hearts', 'replay', '1', 3), settings, tmp_path)
    mixed = config.train_dataloader.dataset
    assert [dataset.type for dataset in mixed.datasets] == [
        'RepeatDataset', 'StreamingODVGDataset', 'StreamingODVGDataset',
    ]  # fmt: skip
    plain = cell_config(Cell('hearts', 'full', '1', 3), settings, tmp_path)
    batch = plain.train_dataloader.batch_size
    images = len(
        json.loads(
            (folder / 'data/hearts/train/fewshot_train_shot1_seed3.json').read_text()
        )['images']
    )
    steps = -(-images * 8 // batch)  # GLIP's eight copies of one shot
    assert config.train_cfg.max_iters == plain.train_cfg.max_epochs * steps
    # The original data of the quickstart is not there in a test: the set itself.
    mixed.datasets[1:] = [mixed.datasets[0]] * 2
    stream = DATASETS.build(ConfigDict(mixed))
    drawn = Counter(stream.draw(k)[0] for k in range(1024))
    assert drawn == {0: 768, 1: 192, 2: 64}


def test_a_missing_subset_is_named(folder: Path, tmp_path: Path) -> None:
    cell = Cell('hearts', 'linear', '3', 30)
    with pytest.raises(FileNotFoundError, match=r'shot3_seed30.json .*few_shot.py'):
        cell_config(cell, settings_of(folder), tmp_path)


def test_tables_hold_mean_and_spread() -> None:
    results = [
        dict(dataset=name, mode='zero_shot', shot='all', seed=0, new=new, old=0.5)
        for name, new in (('a', 0.1), ('b', 0.3))
    ]
    results += [
        dict(dataset=name, mode='full', shot='1', seed=seed, new=new, old=0.4)
        for seed, pair in ((3, (0.2, 0.6)), (30, (0.4, 0.8)))
        for name, new in zip('ab', pair)
    ]
    # One seed lacks a set: its mean would be of something else.
    results.append(dict(dataset='a', mode='full', shot='1', seed=300, new=0.9, old=0.4))
    text = summary_tables(results, ['a', 'b'], ['1', 'all'])
    assert '| full | 20.0 | 50.0 ± 14.1 |  |' in text
    assert '| full | 50.0 | 40.0 ± 0.0 |  |' in text
    assert '| zero-shot | 10.0 | 30.0 |' in text


@pytest.mark.parametrize('mode', ['full', 'prompt', 'linear'])
def test_budgets_validate_the_last_epoch(
    folder: Path, tmp_path: Path, mode: str
) -> None:
    config = cell_config(Cell('hearts', mode, 'all', 3), settings_of(folder), tmp_path)
    epochs, interval = config.train_cfg.max_epochs, config.train_cfg.val_interval
    assert isinstance(config, Config) and epochs % interval == 0
    assert epochs // interval <= 2


def test_examples_of_the_training_split_are_shown(folder: Path, tmp_path: Path) -> None:
    reader = example_changes()['text_encoder']['examples']
    options = {'model.text_encoder.examples': reader}
    cell = Cell('hearts', 'examples', '1', 3)
    config = cell_config(cell, settings_of(folder, options=options), tmp_path)
    assert config.model.text_encoder.examples.channels == reader['channels']
    model = tiny_model(**example_changes())
    show_examples(config, model, cell.shot, cell.seed, tmp_path)
    queries = read_bank(tmp_path / 'examples.safetensors', None).queries
    assert queries and all(len(each) == 1 for each in queries.values())
    dataset = DATASETS.build(config.test_dataloader.dataset)
    shown = dataset[0]['data_samples'].examples
    assert shown.queries.keys() == set(map(clean_name, queries)) and not shown.hidden
