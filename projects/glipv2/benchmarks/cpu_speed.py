"""Time of calls and training steps on a CPU, by precision and runtime.

Beside the processor's peak: how fast it multiplies large matrices in the same run.
"""

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
from .measure import REST, count_operations, time_in_turns
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
    'AOTInductor, float32': ('aoti', 'fp32'),
    'onnxruntime, float32': ('onnx', 'fp32'),
    'OpenVINO, float32': ('openvino', 'fp32'),
    'OpenVINO, bfloat16': ('openvino', 'bf16'),
    'OpenVINO, int8': ('openvino int8', 'auto'),
}
# In place, by torch.compile. What cuts texts and suppresses boxes stays as it is.
COMPILED = {
    'torch.compile, float32': torch.float32,
    'torch.compile, bfloat16': torch.bfloat16,
}
COMPILED_PARTS = ('backbone', 'neck', 'fusion_neck', 'bbox_head')
CALIBRATION = 4  # random images: they decide the time of nothing
TRAIN_SIZE, TRAIN_BATCH = (320, 320), 4
# By the end of a row's name; whole numbers have no product in torch to compare with.
PRECISIONS = {'float32': torch.float32, 'bfloat16': torch.bfloat16}
SIDE = 1024  # of the matrices that show the peak


def measure_calls(
    case: str,
    size: tuple[int, int],
    repeats: int,
    folder: Path,
    beside: Sequence[str] = (*COMPILED, *FILES),
) -> list[dict[str, object]]:
    """Time a call of a model, compiled models and exported files in turns.

    Args:
        case: A key of :data:`CASES`; GLIP-T has random weights.
        size: (H, W) of the image in pixels.
        repeats: Timed calls of each.
        folder: For the exported files.
        beside: Keys of :data:`COMPILED` and :data:`FILES`.

    Returns:
        A row for each.
    """
    model, config = build(case)
    rng = np.random.default_rng(0)
    shape = (CALIBRATION, *size, 3)
    images = list(rng.integers(0, 256, shape, dtype=np.uint8))
    runs = {'eager, float32': eager_run(model, images[:1], NAMES)}
    stem = f'{case}_{size[0]}x{size[1]}'
    # Converts the weights: the float32 run needs another model.
    short, _ = build(case)
    runs['eager, bfloat16'] = eager_run(short.bfloat16(), images[:1], NAMES)
    for name, precision in COMPILED.items():
        if name in beside:
            compiled = compile_parts(build(case)[0].to(precision))
            runs[name] = eager_run(compiled, images[:1], NAMES)
    for name in FILES:
        if name not in beside:
            continue
        form, precision = FILES[name]
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
        exported = ExportedModel(file, trust_code=True, precision=precision)
        runs[name] = lambda exported=exported: exported(images[0])
    operations = operations_of(model, runs['eager, float32'])
    return rows_of(f'{case}, {size[0]}x{size[1]}', runs, repeats, operations)


def compile_parts(model: nn.Module) -> nn.Module:
    """Let torch compile the parts of a model that compute, in its first run."""
    for name in COMPILED_PARTS:
        getattr(model, name).compile()
    return model


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
    # torch counts the gradients of depthwise convolutions as if each channel read all.
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


def operations_of(model: nn.Module, run: Callable[[], object]) -> float:
    """Count the operations of a run's products and convolutions.

    Args:
        model: It runs.
        run: Is called twice: words are encoded in the first call only.
    """
    run()
    return 1e9 * count_operations(model, {}, run)[REST]


def rows_of(
    title: str,
    runs: dict[str, Callable[[], object]],
    repeats: int,
    operations: float | None = None,
) -> list[dict[str, object]]:
    """Time runs in turns; the first is the measure of the others.

    Args:
        title: Of all rows.
        runs: By name, which ends with the precision.
        repeats: Timed runs of each.
        operations: Of a run; None: not known.

    Returns:
        Rows of a table. ``of the peak`` is the share of the operations a second of
        large matrix products in the same precision.
    """
    products = [_product(precision) for precision in PRECISIONS.values()]
    seconds = time_in_turns([*runs.values(), *products], repeats)
    peaks = {
        name: 2 * SIDE**3 / taken
        for name, taken in zip(PRECISIONS, seconds[len(runs) :])
    }
    rows = []
    for name, taken in zip(runs, seconds):
        peak = peaks.get(name.rpartition(' ')[2])
        known = operations is not None
        share = operations / taken / peak if known and peak else None
        rows.append({
            'what': title,
            'by': name,
            'seconds': round(taken, 3),
            'of float32': round(taken / seconds[0], 2),
            '1e9 operations': round(operations / 1e9, 1) if known else '',
            'of the peak': '' if share is None else round(share, 2),
        })  # fmt: skip
    return rows


def _product(precision: torch.dtype) -> Callable[[], object]:
    matrix = torch.rand(SIDE, SIDE).to(precision)
    return lambda: matrix @ matrix
