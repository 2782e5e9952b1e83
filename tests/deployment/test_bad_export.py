"""What cannot be exported is refused in one clear line."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from torch import nn

from glipv2.deployment import ExportOptions, check_task, export_detector
from glipv2.deployment.description import resize_of
from tests.deployment.comparison import CONFIG, random_model
from tests.tiny import tiny_config, tiny_model

SCRIPT = Path(__file__).parents[2] / 'tools' / 'deployment' / 'export.py'
FIXED = ExportOptions(size=(64, 96))


@pytest.fixture(scope='module')
def model() -> nn.Module:
    return random_model()


@pytest.mark.parametrize(
    ('text', 'options', 'message'),
    [
        ('a dog and ' * 40 + 'a cat', FIXED, 'max_tokens is 64.*do not fit'),
        (['dog', 'very ' * 80 + 'long'], FIXED, 'class name 1 needs .* tokens'),
        ([], FIXED, 'to be exported: .*names is empty'),
        ('. .', FIXED, 'the text is empty'),
        (['dog'], ExportOptions(size=(20, 96)), '20x96 is smaller than the coarsest'),
        (['dog'], ExportOptions('torch', int8=True), 'int8 is an option of .* onnx'),
        (['dog'], ExportOptions(half=True, int8=True), 'exclude each other'),
        (['dog'], ExportOptions('tflite'), 'must be one of'),
    ],
)
def test_bad_input(
    model: nn.Module, tmp_path: Path, text: object, options: ExportOptions, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        export_detector(model, CONFIG, tmp_path / 'x.onnx', text, options)
    assert not (tmp_path / 'x.onnx').exists()


def test_tasks_that_cannot_be_exported(model: nn.Module) -> None:
    with pytest.raises(ValueError, match='caption_head cannot be exported: .* word by'):
        check_task(model, 'caption')
    with pytest.raises(ValueError, match='no vqa_head'):
        check_task(model, 'vqa')
    check_task(model, 'detection')


def test_another_suppression(tmp_path: Path) -> None:
    soft = dict(nms=dict(type='soft_nms', iou_threshold=0.6), max_per_img=9)
    with pytest.raises(ValueError, match="test_cfg.nms is 'soft_nms'"):
        export_detector(
            tiny_model(test_cfg=soft), CONFIG, tmp_path / 'x.onnx', ['dog'], FIXED
        )


def test_a_pipeline_that_a_file_cannot_say() -> None:
    with pytest.raises(ValueError, match='resizes with RandomResize'):
        resize_of([dict(type='LoadImage'), dict(type='RandomResize', scale=(1, 2))])
    assert resize_of([dict(type='LoadImage')]) is None


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['none.py', 'x.pth', '--texts', 'a', '--dynamic'], 'no config none.py'),
        ([__file__, 'x.pth', '--texts', 'a'], '--size --dynamic is required'),
        ([__file__, 'x.pth', '--dynamic'], '--texts or --texts-file is required'),
        (
            [__file__, 'x.pth', '--texts', 'a', '--dynamic', '--out', 'x.pth'],
            'writes a .onnx file',
        ),
        ([__file__, 'x', '--texts-file', 'n', '--dynamic'], 'there is no file n'),
    ],
)
def test_bad_command_lines_are_one_line(arguments: list[str], message: str) -> None:
    refused = subprocess.run(
        [sys.executable, SCRIPT, *arguments], capture_output=True, text=True
    )
    assert refused.returncode == 2
    assert message in refused.stderr.splitlines()[-1]


def test_the_script_shows_one_line(tmp_path: Path) -> None:
    config = Config(dict(model=tiny_config(), **CONFIG))
    config.custom_imports = dict(imports=['glipv2'], allow_failed_imports=False)
    config.dump(tmp_path / 'config.py')
    torch.save(dict(state_dict=tiny_model().state_dict()), tmp_path / 'model.pth')
    refused = subprocess.run(
        [sys.executable, SCRIPT, tmp_path / 'config.py', tmp_path / 'model.pth',
         '--texts', 'dog . cat', '--dynamic', '--task', 'caption'],
        capture_output=True, text=True,
    )  # fmt: skip
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith(
        'export.py: error: a caption_head'
    )
