"""OpenVINO files: int8, precisions, damage. That they equal the model: test_export."""

import ctypes
import gc
import os
import signal
import sys
from pathlib import Path

import numpy as np
import openvino
import pytest
from PIL import Image
from torch import nn

from glipv2.deployment import ExportedModel, ExportOptions, export_detector
from glipv2.deployment.calibration import read_calibration
from tests.deployment.comparison import CONFIG, random_model
from tests.tiny import tiny_config

SIZE = (64, 96)
RAW = dict(format='openvino', size=SIZE, postprocess=False)


@pytest.fixture(scope='module')
def model() -> nn.Module:
    return random_model()


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write four images of other sizes; one file beside them is none."""
    folder = tmp_path_factory.mktemp('images')
    rng = np.random.default_rng(0)
    for number in range(4):
        small = rng.integers(0, 256, (6, 8 + number, 3), dtype=np.uint8)
        Image.fromarray(small).resize((120, 90)).save(folder / f'{number}.png')
    (folder / 'notes.txt').write_text('no image')
    return folder


@pytest.fixture(scope='module')
def images(folder: Path) -> list[np.ndarray]:
    """Read them as the file takes them."""
    return read_calibration(folder, CONFIG, SIZE)


@pytest.fixture(scope='module')
def files(
    model: nn.Module, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    out, before = tmp_path_factory.mktemp('openvino'), signal_stack()
    found = {'float': out / 'float.xml', 'int8': out / 'int8.xml'}
    export_detector(model, CONFIG, found['float'], ['dog', 'cat'], ExportOptions(**RAW))
    options = ExportOptions(**RAW, int8=True, calibration=folder)
    export_detector(model, CONFIG, found['int8'], ['dog', 'cat'], options)
    assert signal_stack() == before  # NNCF makes plugins of its own
    return found


def test_images_are_as_the_file_takes_them(images: list[np.ndarray]) -> None:
    assert [x.shape for x in images] == [(*SIZE, 3)] * 4
    assert all(x.dtype == np.uint8 and x.any() for x in images)


def test_int8_is_smaller_and_says_nearly_the_same(
    files: dict[str, Path], images: list[np.ndarray]
) -> None:
    large, small = (files[x].with_suffix('.bin').stat().st_size for x in files)
    assert small < 0.5 * large
    graph = openvino.Core().read_model(files['int8'])
    kinds = {each.get_type_name() for each in graph.get_ops()}
    assert 'FakeQuantize' in kinds
    exact, rounded = (ExportedModel(files[x])(images[0]) for x in files)
    for name, value in exact.items():
        spread = np.abs(value - value.mean()).max()
        assert 0 < np.abs(rounded[name] - value).max() < 0.25 * spread, name


def test_int8_of_weights_that_the_graph_reshapes(folder: Path, tmp_path: Path) -> None:
    # As in GLIP, they are too large for the exporter to reshape them, and the words of
    # a second block depend on the image.
    model = random_model(fusion_neck=dict(tiny_config().fusion_neck, embed_dim=20480))
    options = ExportOptions(**RAW, int8=True, calibration=folder)
    export_detector(model, CONFIG, tmp_path / 'm.xml', ['dog', 'cat'], options)
    graph = openvino.Core().read_model(tmp_path / 'm.xml')
    assert 'FakeQuantize' in {each.get_type_name() for each in graph.get_ops()}


def test_precisions(files: dict[str, Path], images: list[np.ndarray]) -> None:
    exact, short, chosen = (
        ExportedModel(files['float'], precision=x)(images[0])
        for x in ('fp32', 'bf16', 'auto')
    )
    for name, value in exact.items():
        np.testing.assert_allclose(short[name], value, atol=0.1)
        np.testing.assert_allclose(chosen[name], value, atol=0.1)
    with pytest.raises(ValueError, match='unknown precision .* fp32, bf16, auto'):
        ExportedModel(files['float'], precision='fp8')


@pytest.mark.parametrize('part', ['.xml', '.bin'])
@pytest.mark.parametrize('damage', ['cut', 'empty', 'noise', 'gone'])
def test_damaged_files_are_one_line(
    files: dict[str, Path], tmp_path: Path, part: str, damage: str
) -> None:
    for suffix in ('.xml', '.bin'):
        content = files['float'].with_suffix(suffix).read_bytes()
        (tmp_path / f'm{suffix}').write_bytes(content)
    file = tmp_path / f'm{part}'
    content = file.read_bytes()
    if damage == 'gone':
        file.unlink()
    else:
        changed = dict(
            cut=content[: len(content) // 2], empty=b'', noise=b'\xff<' * 999
        )
        file.write_bytes(changed[damage])
    with pytest.raises((ValueError, FileNotFoundError)) as refused:
        ExportedModel(tmp_path / 'm.xml')
    assert 'm.xml' in str(refused.value) and '\n' not in str(refused.value)


def test_a_file_of_others_is_refused(tmp_path: Path) -> None:
    given = openvino.opset13.parameter([1], np.float32)
    openvino.save_model(openvino.Model([given], [given], 'x'), tmp_path / 'x.xml')
    with pytest.raises(ValueError, match='x.xml was not written by'):
        ExportedModel(tmp_path / 'x.xml')


def test_a_damaged_image_is_named_before_the_model_is_traced(
    model: nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'cut.png').write_bytes(b'\x89PNG\r\n\x1a\n and no more')
    monkeypatch.setattr('glipv2.deployment.program.trace', None)
    options = ExportOptions(**RAW, int8=True, calibration=tmp_path)
    with pytest.raises((OSError, ValueError), match=r'cut\.png'):
        export_detector(model, CONFIG, tmp_path / 'x.xml', ['dog'], options)


class SignalStack(ctypes.Structure):
    """stack_t of POSIX."""

    _fields_ = (
        ('address', ctypes.c_void_p), ('flags', ctypes.c_int),
        ('size', ctypes.c_size_t),
    )  # fmt: skip


def signal_stack() -> tuple[int | None, int, int]:
    """Look up where this thread handles signals."""
    found = SignalStack()
    ctypes.CDLL(None).sigaltstack(None, ctypes.byref(found))
    return found.address, found.flags, found.size


@pytest.mark.skipif(not sys.platform.startswith('linux'), reason='of Linux')
@pytest.mark.parametrize('first', [0, 1])
def test_signals_are_handled_where_they_were(
    first: int, files: dict[str, Path], images: list[np.ndarray]
) -> None:
    """OpenVINO's plugin, made and freed in any order, left a stack that was freed."""
    before = signal_stack()
    models = [ExportedModel(files['float'], precision=x) for x in ('fp32', 'bf16')]
    for model in models:
        model(images[0])
    assert signal_stack() == before
    del models[first], model
    gc.collect()
    assert signal_stack() == before
    models.clear()
    gc.collect()
    assert signal_stack() == before
    came: list[int] = []
    usual = signal.signal(signal.SIGUSR2, lambda number, frame: came.append(number))
    os.kill(os.getpid(), signal.SIGUSR2)
    signal.signal(signal.SIGUSR2, usual)
    assert came == [signal.SIGUSR2]
