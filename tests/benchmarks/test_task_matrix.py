"""Who helps whom: equal samples of each task, rows and picture by hand."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from mmdet.registry import DATASETS
from mmdet.utils import register_all_modules
from PIL import Image

from glipv2.benchmarks.runs import MEASURED
from glipv2.benchmarks.task_matrix import (
    RUNS,
    TASKS,
    Budget,
    config_of,
    draw_matrix,
    finished_runs,
    folder_of,
    gains,
    table_rows,
    write_boxes,
)
from glipv2.demo_data.emoji_scenes import SceneOptions, make_emoji_scenes
from glipv2.models.mask_heads.language_mask_head import with_masks

BUDGET = Budget(200, 4, Path('quickstart.pth'))
HEADS = dict(masks='mask_head', questions='vqa_head', captions='caption_head')


@pytest.mark.parametrize('tasks', RUNS, ids='-'.join)
def test_each_task_has_its_samples_and_its_test(tasks: tuple[str, ...]) -> None:
    config = config_of(tasks, BUDGET, 3)
    mixed = config.train_dataloader.dataset
    assert config.train_dataloader.batch_size == 4 * len(tasks)
    assert mixed.weights == [1] * len(tasks) and mixed.seed == 3
    files = [dataset.ann_file for dataset in mixed.datasets]
    parts = dict(boxes='instances', masks='instances', phrases='odvg_train_vg',
                 questions='vqa_train', captions='captions_train')  # fmt: skip
    assert all(parts[task] in file for task, file in zip(tasks, files))
    assert len({*files}) == len(tasks)
    for task, head in HEADS.items():
        assert (config.model[head] is None) is (task not in tasks)
    prefixes = config.test_evaluator.dataset_prefixes
    assert {TASKS[task].figure.split('/')[0] for task in tasks} == {*prefixes}
    metrics = config.test_evaluator.metrics
    assert len(metrics) == len(prefixes) == len(config.test_dataloader.dataset.datasets)
    if 'masks' in tasks:
        assert 'segm' in metrics[0].metric
    assert config.train_cfg.max_iters == config.param_scheduler[-1].end == 200


def test_boxes_come_without_masks_beside_masks(tmp_path: Path) -> None:
    register_all_modules()
    options = SceneOptions(train=8, val=1, val_unseen=1, jobs=1)
    make_emoji_scenes(tmp_path, options)
    write_boxes(tmp_path / 'annotations')
    config = config_of(('boxes', 'masks'), BUDGET, 0)
    boxes, masks = config.train_dataloader.dataset.datasets
    for dataset, drawn in (boxes, False), (masks, True):
        dataset.data_root = f'{tmp_path}/'
        for sample in DATASETS.build(dataset):
            truth = sample['data_samples'].gt_instances
            assert len(truth) and len(with_masks(truth)) == drawn * len(truth)


def test_all_train_in_the_precision_of_the_budget() -> None:
    kinds = [
        config_of(('boxes',), Budget(200, 4, Path('q.pth'), amp), 0).optim_wrapper.type
        for amp in (False, True)
    ]
    assert kinds[0] == 'OptimWrapper' and kinds[1] != kinds[0]


def measured(seeds: Sequence[int] = (0, 1), steps: int = 9) -> dict:
    """Make figures: a task alone has 0.4, in a pair 0.5 and 0.7, with all 0.2."""
    found = {}
    for tasks in RUNS:
        for seed in seeds:
            value = {1: 0.4, 2: (0.5, 0.7)[seed]}.get(len(tasks), 0.2)
            found[tasks, seed] = dict.fromkeys(tasks, value) | dict(steps=steps)
    return found


def test_rows_have_what_a_task_learns_with() -> None:
    rows = table_rows(measured())
    assert [row['measured'] for row in rows] == [*TASKS]
    assert len({tuple(row) for row in rows}) == 1
    for row in rows:
        own = f'with {row["measured"]}'
        others = {f'with {task}' for task in TASKS} - {own}
        assert row[own] == '' and row['alone'] == '0.400 ± 0.000'
        assert {row[column] for column in others} == {'0.600 ± 0.141'}
        assert row['with all'] == '0.200 ± 0.000'
    assert {row['measured']: row['with all'] for row in table_rows(measured([0]))} == (
        dict.fromkeys(TASKS, '0.200')
    )


@pytest.mark.parametrize('seeds', [[0], [0, 1]])
def test_the_picture_has_each_seed_against_its_own(
    tmp_path: Path, seeds: list[int]
) -> None:
    found = measured(seeds=seeds)
    change = gains(found)
    for place, seed in enumerate(seeds):
        pairs = change[place, :, :-1]
        assert np.isnan(np.diag(pairs)).all()
        second = (0.25, 0.75)[seed]  # 0.5 and 0.7 over 0.4
        assert np.allclose(pairs[~np.eye(5, dtype=bool)], second)
        assert np.allclose(change[place, :, -1], -0.5)
    draw_matrix(found, tmp_path / 'matrix.png')
    assert Image.open(tmp_path / 'matrix.png').width > 300


def test_all_pairs_are_there_and_other_budgets_are_refused() -> None:
    assert {frozenset(pair) for pair in combinations(TASKS, 2)} <= {
        frozenset(tasks) for tasks in RUNS
    }
    found = measured()
    found[('boxes',), 0]['steps'] = 8
    with pytest.raises(ValueError, match='same number of steps'):
        table_rows(found)


def test_what_is_finished_is_read(tmp_path: Path) -> None:
    pair = ('boxes', 'captions')
    folder = tmp_path / folder_of(pair, 1)
    folder.mkdir()
    (folder / MEASURED).write_text('{"boxes": 0.9, "captions": 0.3}')
    assert finished_runs(tmp_path, [0, 1]) == {
        (pair, 1): {'boxes': 0.9, 'captions': 0.3}
    }
