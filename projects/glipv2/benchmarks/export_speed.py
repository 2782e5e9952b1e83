"""Time and memory of a model and of the files exported from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from torch import nn

from ..apis import init_model
from ..deployment import ExportedModel
from .export_equality import sample_of
from .peers.parity import clone

EAGER = 'eager'


@dataclass(frozen=True)
class SpeedCase:
    """What is timed.

    Args:
        config: Of the model.
        checkpoint: Its weights.
        files: Exported from it, all of the same names.
        size: (H, W) of the images.
        images: How many random images a run takes.
    """

    config: Path
    checkpoint: Path
    files: tuple[Path, ...]
    size: tuple[int, int]
    images: int


def make_run(case: SpeedCase, name: str) -> Callable[[], None]:
    """Load a model and make a run of it over the images.

    Args:
        case: What is timed.
        name: ``'eager'`` or a file.
    """
    rng = np.random.default_rng(0)
    shape = (case.images, *case.size, 3)
    images = rng.integers(0, 256, shape, dtype=np.uint8)
    if name == EAGER:
        model = init_model(Config.fromfile(case.config), case.checkpoint)
        names = ExportedModel(case.files[0], trust_code=True).description['names']
        return eager_run(model, images, names)
    exported = ExportedModel(Path(name), trust_code=True)

    def run() -> None:
        for image in images:
            exported(image)

    return run


def eager_run(
    model: nn.Module, images: Sequence[np.ndarray], names: Sequence[str]
) -> Callable[[], None]:
    """Make a run of a model over images.

    Args:
        model: In evaluation mode.
        images: (H, W, 3) uint8 RGB each.
        names: That are looked for.
    """
    batches = [sample_of(image, names, custom_entities=True) for image in images]

    def run() -> None:
        with torch.no_grad():
            for batch in batches:
                model.test_step(clone(batch))

    return run
