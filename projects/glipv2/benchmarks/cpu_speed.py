"""Time of calls and training steps on a CPU, by precision and runtime.

Beside the processor's peak: how fast it multiplies large matrices in the same run.
"""

from collections.abc import Callable, Mapping, Sequence
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
from .jobs import in_own_process
from .measure import REST, count_operations, own_peak, time_in_turns
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
EAGER = {'eager, float32': torch.float32, 'eager, bfloat16': torch.bfloat16}
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
        A row for each, with the peak memory of a process that runs nothing else.
    """
    names = [*EAGER, *(name for name in (*COMPILED, *FILES) if name in beside)]
    for name in names:
        if name in FILES and not file_of(name, case, size, folder).is_file():
            export(name, case, size, folder)
    # First, as long as this process is small: both have to fit.
    peaks = {name: in_own_process(peak_of, name, case, size, folder) for name in names}
    runs = {name: run_of(name, case, size, folder) for name in names}
    model, _ = build(case)
    operations = operations_of(model, eager_run(model, images_of(size)[:1], NAMES))
    title = f'{case}, {size[0]}x{size[1]}'
    return rows_of(title, runs, repeats, operations, peaks)


def file_of(name: str, case: str, size: tuple[int, int], folder: Path) -> Path:
    """Name the exported file of a key of :data:`FILES`."""
    form = FILES[name][0]
    stem = f'{case}_{size[0]}x{size[1]}_{form.replace(" ", "_")}'
    return folder / f'{stem}{ENDINGS[form.split()[0]]}'


def export(name: str, case: str, size: tuple[int, int], folder: Path) -> None:
    """Write the exported file of a key of :data:`FILES`."""
    kind, _, int8 = FILES[name][0].partition(' ')
    images = None
    if int8:
        images = write_images(folder / f'{case}_{size[0]}', images_of(size))
    options = ExportOptions(kind, size, int8=bool(int8), calibration=images)
    export_detector(*build(case), file_of(name, case, size, folder), NAMES, options)


def run_of(
    name: str, case: str, size: tuple[int, int], folder: Path
) -> Callable[[], object]:
    """Make a run over one image of random pixels.

    Args:
        name: A row's: one of :data:`EAGER`, or a key of :data:`COMPILED` or
            :data:`FILES`, whose file is there.
        case: A key of :data:`CASES`.
        size: (H, W) of the image in pixels.
        folder: Of the exported files.
    """
    images = images_of(size)[:1]
    if name in FILES:
        file = file_of(name, case, size, folder)
        exported = ExportedModel(file, trust_code=True, precision=FILES[name][1])
        return lambda: exported(images[0])
    model = build(case)[0].to({**EAGER, **COMPILED}[name])
    return eager_run(compile_parts(model) if name in COMPILED else model, images, NAMES)


def peak_of(name: str, case: str, size: tuple[int, int], folder: Path) -> float:
    """Measure the peak memory of this process, MB, after two calls of a run."""
    run = run_of(name, case, size, folder)
    run()
    run()
    return own_peak()


def images_of(size: tuple[int, int]) -> list[np.ndarray]:
    """Make random images, (H, W, 3) uint8 each, the same in every process."""
    rng = np.random.default_rng(0)
    return list(rng.integers(0, 256, (CALIBRATION, *size, 3), dtype=np.uint8))


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
    memory: Mapping[str, float] | None = None,
) -> list[dict[str, object]]:
    """Time runs in turns; the first is the measure of the others.

    Args:
        title: Of all rows.
        runs: By name, which ends with the precision.
        repeats: Timed runs of each.
        operations: Of a run; None: not known.
        memory: Peak of each run in a process of its own, MB; None: not measured.

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
            'memory, MB': '' if memory is None else round(memory[name]),
            '1e9 operations': round(operations / 1e9, 1) if known else '',
            'of the peak': '' if share is None else round(share, 2),
        })  # fmt: skip
    return rows


def _product(precision: torch.dtype) -> Callable[[], object]:
    matrix = torch.rand(SIDE, SIDE).to(precision)
    return lambda: matrix @ matrix
