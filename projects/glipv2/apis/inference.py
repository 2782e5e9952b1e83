"""A model from its files, and pictures with a text through it."""

from collections.abc import Sequence
from pathlib import Path

import torch
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import init_default_scope
from torch import nn

from ..engine.checkpoint import (
    check_state_dict,
    load_checkpoint_safely,
    state_dict_of,
)

ANNOTATION_TRANSFORMS = ('LoadAnnotations',)


def init_model(
    config: str | Path | Config, checkpoint: str | Path, device: str = 'cpu'
) -> nn.Module:
    """Build a trained model.

    Args:
        config: Config or its file.
        checkpoint: Its ``.pth`` file.
        device: Such as ``'cpu'`` or ``'cuda:0'``.

    Returns:
        The model in evaluation mode, with its config as ``model.cfg``.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If the checkpoint is unsafe, damaged or of another model.
    """
    if not isinstance(config, Config):
        if not Path(config).is_file():
            raise FileNotFoundError(f'there is no config {config}')
        config = Config.fromfile(config)
    init_default_scope('mmdet')
    state = state_dict_of(load_checkpoint_safely(checkpoint))
    model = MODELS.build(config.model)
    check_state_dict(model, state)
    model.load_state_dict(state)
    model.cfg = config
    return model.to(device).eval()


def predict_images(
    model: nn.Module,
    images: Sequence[str | Path],
    text: str | Sequence[str],
    custom_entities: bool = False,
    tokens_positive: list | int | None = None,
    batch_size: int = 1,
) -> list[DetDataSample]:
    """Find what a text names in pictures, by the config's test pipeline.

    Args:
        model: Of :func:`init_model`.
        images: Picture files.
        text: Names, ``'a . b .'`` or a sentence.
        custom_entities: Whether a text holds names, separated by full stops.
        tokens_positive: Where the phrases of a sentence are.
        batch_size: Pictures computed at once.

    Returns:
        Per picture a data sample with ``pred_instances``, on the CPU.

    Raises:
        OSError: If a picture is missing or damaged (names it).
        ValueError: If the text is unusable.
    """
    text_keys = dict(
        text=text if isinstance(text, str) else tuple(text),
        custom_entities=custom_entities,
        tokens_positive=tokens_positive,
    )
    entries = [
        dict(img_path=str(image), img_id=index, **text_keys)
        for index, image in enumerate(images)
    ]
    return predict_entries(model, entries, batch_size)


def predict_entries(
    model: nn.Module, entries: Sequence[dict], batch_size: int = 1
) -> list[DetDataSample]:
    """Find what each picture's own text names.

    Args:
        model: Of :func:`init_model`.
        entries: Per picture ``img_path``, ``img_id`` and the text keys of a sample
            (``text``, ``custom_entities``, ``tokens_positive``, ...).
        batch_size: Pictures computed at once.

    Returns:
        Per picture a data sample with ``pred_instances``, on the CPU.

    Raises:
        OSError: If a picture is missing or damaged (names it).
        ValueError: If a text is unusable (names the picture).
    """
    pipeline = Compose(
        [
            # Notices truncated pictures, which mmcv's loader fills up with grey.
            dict(step, type='LoadImage')
            if step['type'] == 'LoadImageFromFile'
            else dict(step)
            for step in model.cfg.test_dataloader.dataset.pipeline
            if step['type'] not in ANNOTATION_TRANSFORMS
        ]
    )
    results: list[DetDataSample] = []
    for start in range(0, len(entries), batch_size):
        batch = [pipeline(dict(x)) for x in entries[start : start + batch_size]]
        with torch.no_grad():
            results += [x.cpu() for x in model.test_step(pseudo_collate(batch))]
    return results
