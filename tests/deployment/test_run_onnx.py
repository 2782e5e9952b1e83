"""The script that runs an ONNX file, in an environment of three packages."""

import importlib.util
import json
import subprocess
import sys
import venv
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import mmcv
import numpy as np
import onnx
import pytest
import torch
from PIL import Image
from torch import nn

from glipv2.benchmarks.export_equality import image_of, predict
from glipv2.deployment import ExportOptions, export_detector
from tests.deployment.comparison import CONFIG, MASK_HEAD, random_model
from tests.models.mask_heads.test_language_mask_head import make_head

SCRIPT = Path(__file__).parents[2] / 'tools' / 'deployment' / 'run_onnx.py'
NAMES = ('dog', 'red car')
SIZE = (64, 96)
PACKAGES = ('onnxruntime', 'numpy', 'numpy.libs', 'PIL', 'pillow.libs')
TEST_CFG = dict(
    nms_pre=100, score_thr=0.0, max_per_img=20,
    nms=dict(type='nms', iou_threshold=0.6),
)  # fmt: skip


@pytest.fixture(scope='module')
def script() -> ModuleType:
    spec = spec_from_file_location('run_onnx', SCRIPT)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='module')
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a fresh environment of onnxruntime, numpy and Pillow, without a network."""
    folder = tmp_path_factory.mktemp('environment')
    venv.create(folder, with_pip=False)
    (site,) = folder.glob('lib/python*/site-packages')
    installed = Path(importlib.util.find_spec('onnxruntime').origin).parents[1]
    for name in PACKAGES:
        if (installed / name).exists():
            (site / name).symlink_to(installed / name)
    return folder / 'bin' / 'python'


@pytest.fixture(scope='module')
def model() -> nn.Module:
    return random_model(mask_head=MASK_HEAD, test_cfg=TEST_CFG)


@pytest.fixture(scope='module')
def file(model: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('exported') / 'model.onnx'
    export_detector(model, CONFIG, path, NAMES, ExportOptions(size=SIZE))
    return path


def run(python: Path, *arguments: object) -> subprocess.CompletedProcess:
    """Run the script; ``-I`` hides what PYTHONPATH holds."""
    return subprocess.run(
        [python, '-I', SCRIPT, *map(str, arguments)], capture_output=True, text=True
    )


def test_the_environment_holds_nothing_else(python: Path) -> None:
    code = 'import numpy, PIL, onnxruntime, importlib.util as u; ' + (
        "print([u.find_spec(x) for x in ('torch', 'mmdet', 'glipv2', 'onnx', 'cv2')])"
    )
    shown = subprocess.run([python, '-I', '-c', code], capture_output=True, text=True)
    assert shown.stdout.strip() == str([None] * 5), shown.stderr


def test_image_and_json_in_a_fresh_environment(
    python: Path, file: Path, model: nn.Module, tmp_path: Path
) -> None:
    image = image_of(SIZE)
    Image.fromarray(image).save(tmp_path / 'image.png')
    done = run(
        python, file, tmp_path / 'image.png', '--out-dir', tmp_path / 'out',
        '--pred-score-thr', 0,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / 'out' / 'preds' / 'image.json').read_text())
    eager = predict(model, image, NAMES)
    assert list(found) == ['label_names', 'labels', 'scores', 'bboxes']
    assert len(found['labels']) == len(eager['labels']) == 20
    assert found['label_names'] == [NAMES[label] for label in found['labels']]
    np.testing.assert_allclose(found['scores'], eager['scores'], atol=2e-5)
    away = np.abs(np.array(found['bboxes'])[:, None] - eager['bboxes']).max(2)
    assert away.min(1).max() < 0.02
    drawn = np.asarray(Image.open(tmp_path / 'out' / 'vis' / 'image.png'))
    assert drawn.shape == image.shape
    assert (drawn != image).any(2).mean() > 0.05


@pytest.mark.parametrize(
    ('size', 'message'),
    [
        ((64, 95), 'has 64x95 pixels .* takes only 64x96; .*--dynamic'),
        (
            (640, 900),
            'has 640x900 pixels .*, 64x90 after resizing, .* takes only 64x96',
        ),
    ],
)
def test_a_size_that_a_fixed_graph_does_not_take(
    script: ModuleType, file: Path, size: tuple[int, int], message: str
) -> None:
    _, description = script.open_model(file, 1)
    with pytest.raises(script.BadInput, match=message):
        script.prepare(
            Image.fromarray(image_of(size)), {**description, 'resize': CONFIG_RESIZE}
        )


CONFIG_RESIZE = dict(scale=[96, 64], keep_ratio=True, backend='cv2', rounding='nearest')


def test_an_image_below_the_stride(script: ModuleType, file: Path) -> None:
    _, description = script.open_model(file, 1)
    free = {**description, 'size': None, 'resize': None}
    with pytest.raises(script.BadInput, match='has 15x96 .* needs at least 17'):
        script.prepare(Image.new('RGB', (96, 15)), free)


def test_bad_files_are_one_line(python: Path, file: Path, tmp_path: Path) -> None:
    text = tmp_path / 'text.onnx'
    text.write_text('no model')
    other = onnx.load(file)
    del other.metadata_props[:]
    onnx.save(other, tmp_path / 'other.onnx')
    good = tmp_path / 'image.png'
    Image.fromarray(image_of(SIZE)).save(good)
    for model, image, message in (
        ('none.onnx', good, 'there is no model none.onnx'),
        (text, good, 'is no ONNX model that runs'),
        (
            tmp_path / 'other.onnx',
            good,
            'was not written by tools/deployment/export.py',
        ),
        (file, 'none.jpg', 'there is no image none.jpg'),
        (file, text, 'cannot be read'),
    ):
        refused = run(python, model, image)
        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 1
        assert message in refused.stderr


@pytest.mark.parametrize('backend', ['cv2', 'pillow'])
def test_images_are_resized_as_by_mmcv(script: ModuleType, backend: str) -> None:
    image = image_of((90, 150))
    reference = mmcv.imresize(image, (96, 64), backend=backend)
    found = script.resize_image(Image.fromarray(image), (96, 64), backend)
    difference = np.abs(found.astype(int) - reference)
    assert difference.max() <= 1
    assert difference.mean() < 0.2


@pytest.mark.parametrize(('height', 'width'), [(640, 480), (375, 1242), (33, 900)])
def test_sizes_are_those_of_mmcv(script: ModuleType, height: int, width: int) -> None:
    resize = dict(scale=[1333, 800], keep_ratio=True, rounding='nearest')
    expected = mmcv.rescale_size((width, height), (1333, 800))
    assert script.input_size((width, height), resize) == expected
    assert script.input_size((width, height), None) == (width, height)


def test_masks_are_pasted_as_by_mmdet(script: ModuleType) -> None:
    logits = torch.randn(3, 1, 28, 28)
    boxes = torch.tensor([[10.3, 5.2, 60, 40], [-4, -5, 30, 20.5], [0, 0, 96, 64]])
    meta = dict(ori_shape=SIZE, img_shape=SIZE, scale_factor=(1.0, 1.0))
    expected = make_head().paste(logits, boxes, meta, rescale=True).numpy()
    found = script.paste_masks(
        logits.sigmoid()[:, 0].numpy(), boxes.numpy(), (SIZE[1], SIZE[0]), 0.5
    )
    assert 0.1 < found.mean() < 0.6
    assert (found != expected).mean() < 1e-3


def test_help() -> None:
    shown = subprocess.run([sys.executable, SCRIPT, '--help'], capture_output=True)
    assert shown.returncode == 0
