"""The command lines as processes: train, resume, test, detect; ours and mmdet's."""

import json
import pickle
import subprocess
from collections.abc import Mapping
from pathlib import Path

import mmdet
import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from scipy.spatial import cKDTree

from glipv2.apis import init_model, predict_entries
from tests.forked import run_forked

ROOT = Path(__file__).parents[2]
MMDET_TOOLS = Path(mmdet.__file__).parent / '.mim' / 'tools'
CONFIG = """
_base_ = '{root}/configs/quickstart/glipv2_lite0_minilm_emoji.py'
data_root = '{data}/'
model = dict(
    backbone=dict(pretrained=False),
    text_encoder=dict(
        source=dict(
            _delete_=True, hidden_size=384, num_hidden_layers=1,
            num_attention_heads=2, intermediate_size=64,
        ),
    ),
    test_cfg=dict(score_thr=0.0),
)
train_pipeline = [
    dict(type='LoadImage'),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='Resize', scale=(96, 96), keep_ratio=True),
    dict(type='SampleDetectionPrompt', tokenizer='bert-base-uncased',
         num_categories=-1, shuffle=False),
    dict(type='PackTextDetInputs'),
]
train_dataloader = dict(
    batch_size=2, num_workers=0, persistent_workers=False,
    dataset=dict(data_root=data_root, pipeline=train_pipeline),
)
val_dataloader = dict(
    batch_size=2, num_workers=0, persistent_workers=False,
    dataset=dict(data_root=data_root),
)
test_dataloader = val_dataloader
val_evaluator = dict(ann_file=data_root + 'annotations/instances_val.json')
test_evaluator = val_evaluator
train_cfg = dict(max_epochs=2, val_interval=2)
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(max_keep_ckpts=-1))
param_scheduler = [dict(type='ConstantLR', factor=1.0)]
"""


def run(script: Path, *arguments: object) -> subprocess.CompletedProcess:
    """Run a script; it must succeed."""
    finished = run_forked([script, *map(str, arguments)])
    assert finished.returncode == 0, finished.stderr[-3000:]
    return finished


def losses_of(work_dir: Path) -> dict[int, float]:
    """Read the logged loss by step, of all runs in a work dir."""
    found = {}
    for file in sorted(work_dir.glob('*/vis_data/scalars.json')):
        for line in file.read_text().splitlines():
            entry = json.loads(line)
            if 'loss' in entry:
                found[entry['step']] = entry['loss']
    return found


@pytest.fixture(scope='module')
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make four training images."""
    out = tmp_path_factory.mktemp('data') / 'scenes'
    run(
        ROOT / 'tools/dataset_converters/make_emoji_scenes.py', out, '--size', 96,
        '--object-size', 24, 60, '--train', 4, '--val', 2, '--val-unseen', 1,
        '--jobs', 1, '--formats', 'coco',
    )  # fmt: skip
    return out


@pytest.fixture(scope='module')
def config(data: Path) -> Path:
    """Write a shrunken quickstart config."""
    path = data.parent / 'tiny_quickstart.py'
    path.write_text(CONFIG.format(root=ROOT, data=data))
    return path


@pytest.fixture(scope='module')
def trained(config: Path) -> Path:
    """Train two epochs of two steps with our script."""
    work_dir = config.parent / 'ours'
    run(ROOT / 'tools/train.py', config, '--work-dir', work_dir)
    return work_dir


@pytest.mark.timeout(300)
def test_resumed_training_goes_on_with_the_same_losses(
    trained: Path, config: Path
) -> None:
    whole = losses_of(trained)
    assert sorted(whole) == [1, 2, 3, 4]
    resumed = config.parent / 'resumed'
    run(
        ROOT / 'tools/train.py', config, '--work-dir', resumed,
        '--resume', trained / 'epoch_1.pth',
    )  # fmt: skip
    parts = losses_of(resumed)
    assert sorted(parts) == [3, 4]
    for step, loss in parts.items():
        assert loss == pytest.approx(whole[step], rel=1e-4)


@pytest.mark.timeout(300)
def test_mixed_precision_trains_on_a_cpu(trained: Path, config: Path) -> None:
    work_dir = config.parent / 'mixed'
    run(
        ROOT / 'tools/train.py', config, '--amp', '--work-dir', work_dir,
        '--cfg-options', 'train_cfg.max_epochs=1',
    )  # fmt: skip
    mixed, exact = losses_of(work_dir), losses_of(trained)
    assert sorted(mixed) == [1, 2]
    assert mixed[1] != exact[1]
    for step, loss in mixed.items():
        assert loss == pytest.approx(exact[step], rel=0.02)


@pytest.mark.timeout(300)
def test_mmdets_own_scripts_run_the_config(trained: Path, config: Path) -> None:
    work_dir = config.parent / 'mmdets'
    run(MMDET_TOOLS / 'train.py', config, '--work-dir', work_dir)
    ours, theirs = losses_of(trained), losses_of(work_dir)
    assert theirs == pytest.approx(ours, rel=1e-4)
    tested = run(
        MMDET_TOOLS / 'test.py', config, work_dir / 'epoch_2.pth',
        '--work-dir', work_dir / 'test',
    )  # fmt: skip
    assert '| bbox_mAP |' in tested.stdout + tested.stderr
    assert (work_dir / 'test' / 'benchmark.md').is_file()


@pytest.mark.timeout(300)
def test_test_script_writes_predictions_and_images(trained: Path, config: Path) -> None:
    out = trained / 'test'
    run(
        ROOT / 'tools/test.py', config, trained / 'epoch_2.pth', '--work-dir', out,
        '--out', out / 'found.pkl', '--show-dir', 'drawn',
    )  # fmt: skip
    found = pickle.loads((out / 'found.pkl').read_bytes())
    assert len(found) == 2
    assert len(found[0]['pred_instances']['bboxes']) > 0
    metrics = json.loads(next(out.glob('*/*.json')).read_text())
    assert 0 <= metrics['coco/bbox_mAP'] <= 1
    report = json.loads((out / 'benchmark.json').read_text())
    assert report['config'] == config.name
    assert report['checkpoint'] == str(trained / 'epoch_2.pth')
    assert report['metrics']['coco/bbox_mAP'] == metrics['coco/bbox_mAP']
    assert len(list(out.glob('*/drawn/**/*.jpg'))) == 2


@pytest.mark.timeout(300)
def test_image_demo_equals_the_test_script(
    trained: Path, config: Path, data: Path
) -> None:
    """The same image and prompt give the same boxes by both ways."""
    out = trained / 'compare'
    checkpoint = trained / 'epoch_2.pth'
    run(
        ROOT / 'tools/test.py', config, checkpoint, '--work-dir', out,
        '--out', out / 'found.pkl', '--cfg-options', 'test_dataloader.batch_size=1',
    )  # fmt: skip
    expected = pickle.loads((out / 'found.pkl').read_bytes())[0]
    content = json.loads((data / 'annotations/instances_val.json').read_text())
    names = ' . '.join(category['name'] for category in content['categories'])
    run(
        ROOT / 'tools/demo/image_demo.py', data / 'val', config, checkpoint,
        '--texts', names, '--out-dir', out, '--pred-score-thr', 0,
    )  # fmt: skip
    result = json.loads((out / 'preds' / '000000.json').read_text())
    instances = expected['pred_instances']
    assert result['scores'] == pytest.approx(instances['scores'].tolist(), abs=1e-4)
    assert result['labels'] == instances['labels'].tolist()
    for ours, theirs in zip(result['bboxes'], instances['bboxes'].tolist()):
        assert ours == pytest.approx(theirs, abs=0.02)
    with Image.open(out / 'vis' / '000000.jpg') as drawn:
        assert drawn.size == (96, 96)


# Nothing is suppressed or cut: which of two boxes of nearly the same score stays is up
# to rounding. The suppression of merged boxes has its own test (test_text_tta.py).
ALL_BOXES = """
_base_ = '{config}'
all_boxes = dict(nms=dict(type='nms', iou_threshold=1.0), max_per_img=100000)
model = dict(test_cfg=dict(nms_pre=100000, **all_boxes))
tta_model = dict(type='TextTTAModel', tta_cfg=all_boxes)
"""


@pytest.mark.timeout(300)
def test_flip_augmentation_joins_both_views(
    trained: Path, config: Path, data: Path, tmp_path: Path
) -> None:
    """``--tta`` merges what the image and its mirror image give."""
    checkpoint = trained / 'epoch_2.pth'
    (tmp_path / 'all.py').write_text(ALL_BOXES.format(config=config))
    run(
        ROOT / 'tools/test.py', tmp_path / 'all.py', checkpoint, '--tta',
        '--work-dir', tmp_path / 'run', '--out', tmp_path / 'found.pkl',
    )  # fmt: skip
    got = pickle.loads((tmp_path / 'found.pkl').read_bytes())[0]['pred_instances']
    content = json.loads((data / 'annotations/instances_val.json').read_text())
    names = [category['name'] for category in content['categories']]
    mirrored = tmp_path / 'mirrored.png'
    with Image.open(data / 'val' / '000000.jpg') as image:
        ImageOps.mirror(image).save(mirrored)
    views = [
        sample.pred_instances
        for sample in predict_entries(
            init_model(tmp_path / 'all.py', checkpoint),
            [
                dict(img_path=str(path), img_id=number, text=tuple(names))
                for number, path in enumerate((data / 'val' / '000000.jpg', mirrored))
            ],
        )
    ]
    left, top, right, bottom = views[1].bboxes.unbind(1)
    views[1].bboxes = torch.stack((96 - right, top, 96 - left, bottom), 1)
    expected = np.concatenate([rows_of(view) for view in views])
    found = rows_of(got)
    assert len(found) == len(expected) > 1000
    for rows, others in ((found, expected), (expected, found)):
        apart, _ = cKDTree(others).query(rows, p=np.inf)
        assert apart.max() <= 0.02


def rows_of(found: Mapping[str, torch.Tensor]) -> np.ndarray:
    """Write box, score and label of each as a row that one tolerance fits."""
    scores = 200 * found['scores'][:, None]  # 0.02 of it: a score of 1e-4
    labels = found['labels'][:, None]
    return torch.cat((found['bboxes'], scores, labels), 1).numpy()


@pytest.mark.timeout(300)
def test_scripts_say_in_one_line_what_is_wrong(
    config: Path, data: Path, tmp_path: Path
) -> None:
    other = tmp_path / 'other.pth'
    torch.save(dict(state_dict={'layer.weight': torch.ones(1)}), other)
    content = json.loads((data / 'annotations/instances_train.json').read_text())
    content['annotations'][0]['category_id'] = 999
    (tmp_path / 'bad.json').write_text(json.dumps(content))
    cases = {
        'there is no checkpoint none.pth': ['test.py', config, 'none.pth'],
        'other.pth: the checkpoint is of another model': ['test.py', config, other],
        'annotation 1: no category has the id 999': [
            'train.py', config, '--cfg-options',
            f'train_dataloader.dataset.ann_file={tmp_path}/bad.json',
        ],
    }  # fmt: skip
    for message, (script, *arguments) in cases.items():
        refused = run_forked([ROOT / 'tools' / script, '--work-dir', tmp_path / 'work',
             *arguments])  # fmt: skip
        assert refused.returncode == 1
        assert message in refused.stderr.splitlines()[-1]
        assert 'Traceback' not in refused.stderr


@pytest.mark.timeout(120)
def test_image_demo_names_a_broken_image_and_writes_nothing(
    trained: Path, config: Path, data: Path, tmp_path: Path
) -> None:
    content = (data / 'val' / '000000.jpg').read_bytes()
    (tmp_path / 'cut.jpg').write_bytes(content[: len(content) // 2])
    refused = run_forked([
        ROOT / 'tools/demo/image_demo.py', tmp_path / 'cut.jpg',
        config, trained / 'epoch_2.pth', '--texts', 'key', '--out-dir',
        tmp_path / 'out',
    ])  # fmt: skip
    assert refused.returncode
    assert 'cut.jpg is truncated' in refused.stderr
    assert not (tmp_path / 'out').exists()
