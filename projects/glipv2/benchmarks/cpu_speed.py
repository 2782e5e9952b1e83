"""Time of calls and training steps on a CPU, by precision and runtime."""

from collections.abc import Callable, Sequence
from pathlib import Path

import mmcv
import numpy as np
import torch
from mmdet.registry import MODELS
from mmdet.utils import register_all_modules
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from torch import nn

from ..apis import GLIPv2Inferencer
from ..deployment import ExportedModel, ExportOptions, export_detector
from ..deployment.export import ENDINGS
from ..shipped import shipped
from .export_speed import eager_run
from .measure import time_in_turns
from .peers.cases import make_batch
from .peers.parity import clone

CONFIGS = shipped('configs')
GLIP = CONFIGS / 'glip/glip_t.py'
TRAINED = CONFIGS / 'quickstart/glipv2_lite0_minilm_emoji.py'
SMALL = 'emoji'  # the weights in the package
# Of a model, the sizes (H, W) of its images in pixels.
CASES = {'GLIP-T': ((480, 640), (800, 1333)), SMALL: ((384, 384),)}
NAMES = (
    'person', 'car', 'dog', 'cat', 'chair', 'table', 'cup', 'bottle', 'book', 'phone',
    'bird', 'horse', 'boat', 'tree', 'bag', 'clock',
)  # fmt: skip
# A file's format, and the precision that it is read in.
FILES = {
    'onnxruntime, float32': ('onnx', 'fp32'),
    'OpenVINO, float32': ('openvino', 'fp32'),
    'OpenVINO, bfloat16': ('openvino', 'bf16'),
    'OpenVINO, int8': ('openvino int8', 'auto'),
}
CALIBRATION = 4  # random images: they decide the time of nothing
TRAIN_SIZE, TRAIN_BATCH = (320, 320), 4


def measure_calls(
    case: str, size: tuple[int, int], repeats: int, folder: Path
) -> list[dict[str, object]]:
    """Time a call of a model and of files exported from it, in turns.

    Args:
        case: A key of :data:`CASES`; GLIP-T has random weights.
        size: (H, W) of the image in pixels.
        repeats: Timed calls of each.
        folder: For the exported files.

    Returns:
        A row for each.
    """
    model, config = build(case)
    rng = np.random.default_rng(0)
    shape = (CALIBRATION, *size, 3)
    images = list(rng.integers(0, 256, shape, dtype=np.uint8))
    runs = {'eager, float32': eager_run(model, images[:1], NAMES)}
    stem = f'{case}_{size[0]}x{size[1]}'
    for name, (form, precision) in FILES.items():
        kind, _, int8 = form.partition(' ')
        file = folder / f'{stem}_{form.replace(" ", "_")}{ENDINGS[kind]}'
        if not file.is_file():
            options = ExportOptions(
                kind,
                size,
                int8=bool(int8),
                calibration=write_images(folder / stem, images) if int8 else None,
            )
            export_detector(model, config, file, NAMES, options)
        exported = ExportedModel(file, precision=precision)
        runs[name] = lambda exported=exported: exported(images[0])
    # Converts the weights: the float32 run needs another model.
    short, _ = build(case)
    runs['eager, bfloat16'] = eager_run(short.bfloat16(), images[:1], NAMES)
    return rows_of(f'{case}, {size[0]}x{size[1]}', runs, repeats)


def write_images(folder: Path, images: Sequence[np.ndarray]) -> Path:
    """Write images into a folder, and return it."""
    for number, image in enumerate(images):
        mmcv.imwrite(image, str(folder / f'{number}.png'))
    return folder


def measure_steps(repeats: int) -> list[dict[str, object]]:
    """Time a training step of the quickstart's detector in both precisions.

    Args:
        repeats: Timed steps of each.

    Returns:
        A row for each.
    """
    register_all_modules()
    config = Config.fromfile(TRAINED)
    config.model.backbone.pretrained = False
    runs = {}
    for name, wrapper in (
        ('eager, float32', 'OptimWrapper'),
        ('eager, bfloat16', 'Bfloat16OptimWrapper'),
    ):
        torch.manual_seed(0)
        model = MODELS.build(config.model).train()
        optimizer = build_optim_wrapper(model, dict(config.optim_wrapper, type=wrapper))
        one = make_batch('one image', TRAIN_SIZE, len(NAMES))
        batch = {key: value * TRAIN_BATCH for key, value in one.items()}
        runs[name] = lambda m=model, o=optimizer, b=batch: m.train_step(clone(b), o)
    height, width = TRAIN_SIZE
    title = f'training step, {TRAIN_BATCH} images of {height}x{width}'
    return rows_of(title, runs, repeats)


def build(case: str) -> tuple[nn.Module, Config]:
    """Build the model of a case, and its config."""
    if case == SMALL:
        inferencer = GLIPv2Inferencer(SMALL, device='cpu', show_progress=False)
        return inferencer.model, inferencer.model.cfg
    register_all_modules()
    config = Config.fromfile(GLIP)
    torch.manual_seed(0)
    return MODELS.build(config.model).eval(), config


def rows_of(
    title: str, runs: dict[str, Callable[[], object]], repeats: int
) -> list[dict[str, object]]:
    """Time runs in turns; the first is the measure of the others."""
    seconds = time_in_turns(list(runs.values()), repeats)
    return [
        {
            'what': title,
            'by': name,
            'seconds': round(taken, 3),
            'of float32': round(taken / seconds[0], 2),
        }
        for name, taken in zip(runs, seconds)
    ]
