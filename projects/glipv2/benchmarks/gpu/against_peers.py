"""Time and memory against mmdet's GLIP and transformers' Grounding DINO."""

import gc
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch

from ..measure import time_in_turns
from ..peers.cases import DINO, MMDET, TRAIN_BATCH, TRAIN_SIZE, make_run, names_of
from ..peers.cases import SIZES as IMAGE_SIZES
from ..peers.hf_grounding_dino import build_forward
from ..peers.mmdet_glip import build_ours, build_theirs
from .settings import Findings, Settings, finishing, peak_memory

# Of the self-test: the same models, small.
SMALL = dict(
    depths=(1, 1, 1, 1), blocks=1,
    text=dict(num_hidden_layers=1, intermediate_size=64),
)  # fmt: skip
# Grounding DINO wants 900 locations.
SMALL_CASES = (('names80', (192, 256)), ('train_step', (64, 96)))


def check(settings: Settings) -> Findings:
    """Measure an image of 80 names, and a training step, of each model.

    Returns:
        Milliseconds and megabytes by case, ours and theirs.
    """
    sizes = IMAGE_SIZES[: 1 if settings.quick else 2]
    cases = [('names80', size) for size in sizes] + [('train_step', TRAIN_SIZE)]
    if settings.self_test:
        cases = list(SMALL_CASES)
    rows = []
    for case, size in cases:
        for peer in (MMDET, DINO) if case == 'names80' else (MMDET,):
            rows.append(measure(case, size, peer, settings))
    return Findings(
        rows,
        None,
        (
            f'Random weights, float32 with TF32 off; a training step takes '
            f'{TRAIN_BATCH} images, a prediction one. Memory is of tensors on the '
            'device, weights included.',
        ),
    )


def measure(
    case: str, size: tuple[int, int], peer: str, settings: Settings
) -> dict[str, object]:
    """Measure one case; a row of the table."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    repeats = 1 if settings.self_test else 5 if settings.quick else 20
    memory, seconds = [], []
    for who in ('ours', peer):  # one model on the device at a time
        run = finishing(build_run(case, size, who, settings), settings.device)
        memory.append(peak_memory(run, settings.device))
        seconds += time_in_turns((run,), repeats)
        del run
        gc.collect()
    ours, theirs = seconds
    images = TRAIN_BATCH if case == 'train_step' else 1
    return {
        'case': f'{case} {size[0]}x{size[1]}', 'peer': peer,
        'ours ms': 1e3 * ours, 'theirs ms': 1e3 * theirs,
        'ours ms an image': 1e3 * ours / images, 'time': ours / theirs,
        'ours MB': memory[0], 'theirs MB': memory[1], 'memory': memory[0] / memory[1],
    }  # fmt: skip


def build_run(
    case: str, size: tuple[int, int], who: str, settings: Settings
) -> Callable[[], object]:
    """Build a model on the device, and one step of a case with it."""
    if who == DINO:
        return build_forward(names_of(case, 0), size, settings.device)
    shape = SMALL if settings.self_test else {}
    with tempfile.TemporaryDirectory() as folder:
        if who == 'ours':
            model = build_ours(**shape)
        else:
            model = build_theirs(Path(folder), **shape)
    return make_run(case, model.to(settings.device), size, 0)
