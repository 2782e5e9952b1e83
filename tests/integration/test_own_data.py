"""Own COCO-format data from the check to the printed command, as a user types it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.forked import run_forked

ROOT = Path(__file__).parents[2]
CONFIG = """
_base_ = '{root}/configs/custom/finetune_coco_format.py'
load_from = None
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
train_dataloader = dict(
    batch_size=2, num_workers=0, persistent_workers=False,
    dataset=dict(
        pipeline=[
            dict(type='LoadImage'),
            dict(type='LoadAnnotations', with_bbox=True),
            dict(type='Resize', scale=(64, 64), keep_ratio=True),
            dict(type='SampleDetectionPrompt', tokenizer='bert-base-uncased',
                 num_categories=-1, shuffle=False),
            dict(type='PackTextDetInputs'),
        ]
    ),
)
val_dataloader = dict(batch_size=2, num_workers=0, persistent_workers=False)
test_dataloader = val_dataloader
"""


def run(
    script: str, *arguments: object, cwd: Path, code: int = 0
) -> subprocess.CompletedProcess:
    """Run a script of the repository."""
    finished = run_forked([ROOT / script, *map(str, arguments)], cwd=cwd)
    assert finished.returncode == code, finished.stdout + finished.stderr[-3000:]
    return finished


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a set in Roboflow's layout and a config shrunken for it."""
    folder = tmp_path_factory.mktemp('own')
    run(
        'tools/dataset_converters/make_coloured_shapes.py', 'shapes', '--train', 4,
        '--val', 2, '--size', 64, '--layout', 'roboflow', cwd=folder,
    )  # fmt: skip
    (folder / 'mine.py').write_text(CONFIG.format(root=ROOT))
    return folder


OPTIONS = ('--cfg-options', 'data_root=shapes', 'layout=roboflow', 'image_size=64')


@pytest.mark.timeout(300)
def test_check_train_and_use(folder: Path) -> None:
    checked = run(
        'tools/analysis_tools/check_dataset.py', 'mine.py', *OPTIONS,
        '--out', 'checked', '--show', 1, cwd=folder,
    )  # fmt: skip
    assert '0 errors' in checked.stdout
    assert (folder / 'checked/histogram_0.png').is_file()
    assert (folder / 'checked/sample_1_0.png').is_file()

    trained = run(
        'tools/train.py', 'mine.py', *OPTIONS, 'train_cfg.max_epochs=2', cwd=folder
    ).stdout
    work_dir = folder / 'work_dirs/mine'
    report = (work_dir / 'finetune_report.md').read_text()
    content = json.loads((folder / 'shapes/valid/_annotations.coco.json').read_text())
    names = [category['name'] for category in content['categories']]
    for category in content['categories']:
        boxes = [
            x for x in content['annotations'] if x['category_id'] == category['id']
        ]
        assert f'| {category["name"]} | {len(boxes)} |' in report
    assert (work_dir / 'finetune_report.jpg').stat().st_size > 0

    lines = trained.split('```bash\n')[1].split('```')[0].replace('\\\n', ' ')
    command = lines.splitlines()[0]
    assert ' . '.join(names) in command
    used = subprocess.run(
        command.replace('python tools/', f'{sys.executable} {ROOT}/tools/'),
        shell=True,
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert used.returncode == 0, used.stderr[-3000:]
    assert list((folder / 'outputs/preds').glob('*.json'))


def test_an_error_in_the_data_ends_with_one(folder: Path) -> None:
    file = folder / 'shapes/train/_annotations.coco.json'
    broken = json.loads(file.read_text())
    broken['images'][1]['file_name'] = 'lost.png'
    broken['annotations'][0]['bbox'][2] = 0
    (folder / 'shapes/broken.json').write_text(json.dumps(broken))
    checked = run(
        'tools/analysis_tools/check_dataset.py', 'mine.py', '--split', 'train',
        *OPTIONS, 'train_ann=broken.json', cwd=folder, code=1,
    )  # fmt: skip
    assert 'error: image missing (1)' in checked.stdout
    assert 'lost.png' in checked.stdout
    assert 'error: box without area or not finite (1)' in checked.stdout
    assert '2 errors' in checked.stdout


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['none.py'], 'there is no config none.py'),
        (['mine.py', '--show', '2'], '--show needs --out'),
        (['mine.py', '--split', 'all'], 'invalid choice'),
    ],
)
def test_bad_arguments(folder: Path, arguments: list[str], message: str) -> None:
    refused = run(
        'tools/analysis_tools/check_dataset.py', *arguments, cwd=folder, code=2
    )
    assert message in refused.stderr.splitlines()[-1]
