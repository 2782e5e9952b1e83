"""What cannot be exported is refused in one clear line."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from mmengine.config import Config, ConfigDict
from torch import nn

from glipv2.deployment import (
    ExportOptions,
    check_task,
    export,
    export_detector,
    torch_file,
)
from glipv2.deployment.description import resize_of
from tests.deployment.comparison import CONFIG, random_model
from tests.tiny import tiny_config, tiny_model

SCRIPT = Path(__file__).parents[2] / 'tools' / 'deployment' / 'export.py'
FIXED = ExportOptions(size=(64, 96))
STEPS = 'test_dataloader.dataset.pipeline'


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
        (['dog'], ExportOptions('onnx', calibration=Path()), 'nothing else does'),
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
    model = ConfigDict(presence_head=dict(type='PresenceHead'))
    with pytest.raises(ValueError, match='no answer of the presence_head'):
        check_task(model, 'detection', postprocess=False)
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


INT8 = ['--format', 'openvino', '--int8', '--calibrate']


@pytest.mark.parametrize(
    ('arguments', 'lacks', 'message'),
    [
        (['--task', 'caption'], '', 'a caption_head cannot be exported'),
        (['--task', 'vqa'], '', 'the model has no vqa_head'),
        ([*INT8, 'images', '--task', 'vqa'], '', 'only the task detection'),
        ([*INT8, 'images', '--no-preprocess'], '', 'only the task detection'),
        ([*INT8, 'gone'], '', 'there is no folder gone'),
        ([*INT8, 'config.py'], '', 'there is no folder config.py'),
        ([*INT8, 'empty'], '', 'the folder empty has no image to calibrate'),
        ([*INT8, 'images'], 'nncf', 'needs nncf; run: pip install nncf'),
        (['--format', 'openvino'], 'openvino', 'run: pip install openvino'),
        (['--calibrate', 'images'], '', 'nothing else does'),
        (['--format', 'openvino', '--int8'], '', 'give a folder of them'),
        (['--format', 'aoti'], 'g++', 'AOTInductor needs a C++ compiler'),
        (['--texts-file', 'empty.txt'], '', 'the file empty.txt has no name'),
        (['--out', 'config.py/x.onnx'], '', 'config.py'),
        (['--cfg-options', f'{STEPS}.1.type=RandomResize'], '', 'RandomResize'),
    ],
)
def test_what_is_refused_is_refused_before_the_model_is_loaded(
    script: ModuleType,
    arguments: list[str],
    lacks: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ('images', 'empty'):
        Path(name).mkdir()
    Path('images/0.png').touch()  # read later
    Path('empty.txt').write_text('\n')
    Config(dict(model=tiny_config(), **CONFIG)).dump('config.py')
    find, which = export.find_spec, torch_file.shutil.which
    monkeypatch.setattr(
        export, 'find_spec', lambda name: None if name == lacks else find(name)
    )
    monkeypatch.setattr(
        torch_file.shutil, 'which', lambda name: None if lacks else which(name)
    )
    monkeypatch.setattr(script, 'init_model', lambda *_: pytest.fail('loaded'))
    given = ['config.py', 'model.pth', '--dynamic', *arguments]
    if '--texts-file' not in arguments:
        given += ['--texts', 'dog . cat']
    monkeypatch.setattr('sys.argv', ['export.py', *given])
    with pytest.raises(SystemExit) as refused:
        script.main()
    assert refused.value.code.startswith('export.py: error: ')
    assert message in refused.value.code
    assert len(refused.value.code.splitlines()) == 1
