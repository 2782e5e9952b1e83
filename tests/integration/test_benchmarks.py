"""Whole tests on EmojiScenes: LVIS in chunks, several sets at once, the report."""

import json
from collections import Counter
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.runner import Runner

from glipv2.engine.flip_augmentation import add_flip_augmentation
from tests.forked import run_well
from tests.tiny import tiny_config

ROOT = Path(__file__).parents[2]
PIPELINE = [
    dict(type='LoadImage'),
    dict(type='Resize', scale=(96, 96), keep_ratio=True),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='PackTextDetInputs'),
]
SPLITS = ('val', 'val_unseen')


@pytest.fixture(scope='module')
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a few images."""
    out = tmp_path_factory.mktemp('data') / 'scenes'
    script = ROOT / 'tools/dataset_converters/make_emoji_scenes.py'
    options = '--train 1 --val 3 --val-unseen 2 --size 96 --object-size 24 60 --jobs 1'
    run_well([script, out, *options.split(), '--formats', 'coco', 'lvis'])
    return out


def dataset_of(scenes: Path, split: str, kind: str) -> dict:
    """Describe a split."""
    return dict(
        type='CocoTextDataset', data_root=f'{scenes}/',
        ann_file=f'annotations/{kind}_{split}.json', data_prefix=dict(img=f'{split}/'),
        test_mode=True, pipeline=PIPELINE,
    )  # fmt: skip


def run_test(
    work_dir: Path, dataset: dict, evaluator: object, tta: bool = False, **test_cfg
) -> dict:
    """Test a tiny model of random weights as tools/test.py does."""
    model = tiny_config()
    model.test_cfg.update(test_cfg)
    base = Config.fromfile(ROOT / 'configs/_base_/default_runtime.py')
    base.merge_from_dict(
        dict(
            model=model,
            work_dir=str(work_dir),
            experiment_name=work_dir.name,
            randomness=dict(seed=0),
            test_dataloader=dict(
                batch_size=2, num_workers=0, dataset=dataset,
                sampler=dict(type='DefaultSampler', shuffle=False),
            ),
            test_evaluator=evaluator,
            test_cfg=dict(type='TestLoop'),
        )
    )  # fmt: skip
    if tta:
        add_flip_augmentation(base)
    return Runner.from_cfg(base).test()


@pytest.mark.timeout(120)
def test_lvis_in_chunks_is_what_the_written_boxes_give(
    scenes: Path, tmp_path: Path
) -> None:
    ann_file = str(scenes / 'annotations/lvis_val.json')
    evaluators = [
        dict(type='StreamingLVISMetric', ann_file=ann_file, fixed_ap=fixed_ap)
        for fixed_ap in (True, False)
    ]
    evaluators[0]['outfile_prefix'] = str(tmp_path / 'fixed')
    evaluators[1]['outfile_prefix'] = str(tmp_path / 'found')
    dataset = dataset_of(scenes, 'val', 'lvis')
    found = run_test(
        tmp_path / 'run', dataset, evaluators, chunked_size=7, max_per_prompt=300
    )
    assert {'lvis_fixed_ap/APr', 'lvis/bbox_APf'} <= set(found)

    content = json.loads(Path(ann_file).read_text())
    rows = json.loads((tmp_path / 'found.bbox.json').read_text())
    fixed = json.loads((tmp_path / 'fixed.bbox.json').read_text())
    assert len(content['categories']) == 40
    assert len({row['category_id'] for row in rows}) > 7  # more than one chunk's
    for image in content['images']:  # 300 of each prompt, 300 of an image
        counts = [sum(r['image_id'] == image['id'] for r in x) for x in (fixed, rows)]
        assert 300 < counts[0] <= 300 * -(-40 // 7) and 0 < counts[1] <= 300

    assert found['lvis/bbox_AP'] == pytest.approx(lvis_ap(ann_file, rows), abs=1e-6)
    report = json.loads((tmp_path / 'run' / 'benchmark.json').read_text())
    assert report['metrics'] == pytest.approx(found)
    tables = (tmp_path / 'run' / 'benchmark.md').read_text()
    assert '| AP | APr | APc | APf |' in tables


def lvis_ap(ann_file: str, rows: list[dict]) -> float:
    """Compute the standard AP with the lvis package."""
    from lvis import LVIS, LVISEval, LVISResults

    from glipv2.evaluation.lvis_protocol import numpy_float

    truth = LVIS(ann_file)
    run = LVISEval(truth, LVISResults(truth, rows, max_dets=300), 'bbox')
    with numpy_float():
        run.run()
    return run.results['AP']


@pytest.mark.timeout(120)
def test_several_sets_are_what_each_is_alone(scenes: Path, tmp_path: Path) -> None:
    def metric(split: str) -> dict:
        file = f'{scenes}/annotations/instances_{split}.json'
        return dict(type='CocoMetric', ann_file=file)

    names = ('val', 'gone', 'val_unseen')
    together = run_test(
        tmp_path / 'together',
        dict(
            type='AvailableDatasets',
            datasets=[dataset_of(scenes, split, 'instances') for split in names],
        ),
        dict(
            type='DatasetMeansEvaluator', dataset_prefixes=names,
            metrics=[metric(split) for split in names],
        ),
    )  # fmt: skip
    alone = {
        split: run_test(
            tmp_path / split, dataset_of(scenes, split, 'instances'), metric(split)
        )
        for split in SPLITS
    }
    for split, figures in alone.items():
        for key, value in figures.items():
            assert together[f'{split}/{key}'] == value
    assert together['mean/coco/bbox_mAP'] == pytest.approx(
        sum(figures['coco/bbox_mAP'] for figures in alone.values()) / 2
    )
    assert together['datasets/covered'] == 2
    assert together['datasets/total'] == 3
    tables = (tmp_path / 'together' / 'benchmark.md').read_text()
    assert [line.split()[1] for line in tables.splitlines() if '|' in line][:6] == [
        'data', '---', 'val', 'val_unseen', 'mean', 'median',
    ]  # fmt: skip


@pytest.mark.timeout(120)
def test_mirrored_views_of_several_sets_keep_the_boxes_of_each_prompt(
    scenes: Path, tmp_path: Path
) -> None:
    files = [f'{scenes}/annotations/instances_{split}.json' for split in SPLITS]
    figures = run_test(
        tmp_path / 'run',
        dict(
            type='AvailableDatasets',
            datasets=[dataset_of(scenes, split, 'instances') for split in SPLITS],
        ),
        dict(
            type='DatasetMeansEvaluator',
            dataset_prefixes=SPLITS,
            metrics=[
                dict(
                    type='CocoMetric', ann_file=file,
                    outfile_prefix=f'{tmp_path}/{split}',
                )
                for split, file in zip(SPLITS, files)
            ],
        ),
        tta=True, score_thr=0.0, chunked_size=7, max_per_prompt=9, max_per_img=3,
    )  # fmt: skip
    assert figures['datasets/covered'] == 2 and 'mean/coco/bbox_mAP' in figures
    for split, file in zip(SPLITS, files):
        content = json.loads(Path(file).read_text())
        numbers = sorted(category['id'] for category in content['categories'])
        found = json.loads((tmp_path / f'{split}.bbox.json').read_text())
        assert {row['image_id'] for row in found} == {
            image['id'] for image in content['images']
        }
        counts = Counter(
            (row['image_id'], numbers.index(row['category_id']) // 7) for row in found
        )
        assert max(counts.values()) == 9
