"""Building a model from its files, and predictions for images with texts."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

import torch
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmengine.config import Config, ConfigDict
from mmengine.dataset import pseudo_collate
from mmengine.logging import print_log
from mmengine.registry import init_default_scope
from torch import nn

from ..checkpoint.loading import fitting_state, load_checkpoint_safely
from ..engine.config_options import read_config
from ..engine.left_out import complete_state
from ..engine.test_pipeline import build_pipeline
from ..engine.unset_weights import UnsetWeights
from ..renamed import refuse_old_names


def init_model(
    config: str | Path | Config, checkpoint: str | Path, device: str = 'cpu'
) -> nn.Module:
    """Build a trained model.

    Args:
        config: Config or its file.
        checkpoint: Its weights: a file, or the name of shipped or fetched ones. Heads
            that the config lacks are left out, in one line.
        device: Such as ``'cpu'`` or ``'cuda:0'``.

    Returns:
        The model in evaluation mode, with its config as ``model.cfg``.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If the checkpoint is unsafe, damaged or of another model, or the
            config cannot be read or uses an old name.
    """
    if not isinstance(config, Config):
        if not Path(config).is_file():
            raise FileNotFoundError(f'there is no config {config}')
        config = read_config(config)
    refuse_old_names(config)
    return build_model(config, load_checkpoint_safely(checkpoint), device)


def build_model(
    config: Config | ConfigDict, checkpoint: Mapping | None, device: str = 'cpu'
) -> nn.Module:
    """Build a model and load its weights.

    Args:
        config: Its config.
        checkpoint: Content of its file; None: random weights, with a warning. Heads
            that the config lacks are left out, in one line.
        device: Such as ``'cpu'`` or ``'cuda:0'``.

    Returns:
        The model in evaluation mode, with its config as ``model.cfg``.

    Raises:
        ValueError: If the checkpoint is of another model.
    """
    init_default_scope('mmdet')
    with nullcontext() if checkpoint is None else UnsetWeights():
        model = MODELS.build(config.model)
    if checkpoint is None:
        print_log(
            'no weights were given: the model is random, and so is what it finds',
            logger='current',
            level=logging.WARNING,
        )
        model.init_weights()
    else:
        state = complete_state(model, checkpoint)
        model.load_state_dict(fitting_state(model, state))
    model.cfg = config
    return model.to(device).eval()


def predict_entries(
    model: nn.Module, entries: Sequence[dict], batch_size: int = 1
) -> list[DetDataSample]:
    """Detect what each image's own text names.

    Args:
        model: Of :func:`init_model`.
        entries: Per image ``img_path``, ``img_id`` and the text keys of a sample
            (``text``, ``custom_entities``, ``tokens_positive``, ...).
        batch_size: Images computed at once.

    Returns:
        Per image a data sample with ``pred_instances``, on the CPU.

    Raises:
        OSError: If an image is missing or damaged (names it).
        ValueError: If a text is unusable (names the image).
    """
    pipeline = build_pipeline(model.cfg)
    results: list[DetDataSample] = []
    for start in range(0, len(entries), batch_size):
        batch = [pipeline(dict(x)) for x in entries[start : start + batch_size]]
        with torch.no_grad():
            results += [x.cpu() for x in model.test_step(pseudo_collate(batch))]
    return results
