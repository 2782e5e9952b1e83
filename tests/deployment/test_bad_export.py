"""What cannot be exported is refused in one clear line."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

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
def script() -> ModuleType:
    spec = spec_from_file_location('export', SCRIPT)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
        (['dog'], ExportOptions(size=(15, 96)), '15x96 is too small .* at least 17'),
        (['dog'], ExportOptions('torch', int8=True), 'int8 is an option of .* onnx'),
        (['dog'], ExportOptions('openvino', int8=True), 'give a folder .* --calibrate'),
        (['dog'], ExportOptions('openvino', half=True), 'half is no option of'),
        (['dog'], ExportOptions('onnx', calibration=[None]), 'nothing else does'),
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
def test_bad_command_lines_are_one_line(
    script: ModuleType,
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.setattr('sys.argv', ['export.py', *arguments])
    with pytest.raises(SystemExit) as refused:
        script.main()
    assert refused.value.code == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_the_script_shows_one_line(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(dict(model=tiny_config(), **CONFIG))
    config.custom_imports = dict(imports=['glipv2'], allow_failed_imports=False)
    config.dump(tmp_path / 'config.py')
    torch.save(dict(state_dict=tiny_model().state_dict()), tmp_path / 'model.pth')
    files = [str(tmp_path / name) for name in ('config.py', 'model.pth')]
    wanted = ['--texts', 'dog . cat', '--dynamic', '--task', 'caption']
    monkeypatch.setattr('sys.argv', ['export.py', *files, *wanted])
    with pytest.raises(SystemExit) as refused:
        script.main()
    assert refused.value.code.startswith('export.py: error: a caption_head')
    assert len(refused.value.code.splitlines()) == 1
