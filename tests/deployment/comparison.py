"""Predictions of a model and of a file exported from it, side by side."""

from collections.abc import Sequence

import numpy as np
import torch
from mmengine.config import Config
from torch import nn

from glipv2.deployment import ExportedModel
from tests.tiny import sample_of

CONFIG = Config(
    dict(
        test_dataloader=dict(
            dataset=dict(
                pipeline=[
                    dict(type='LoadImage'),
                    dict(type='Resize', scale=(96, 64), keep_ratio=True),
                ]
            )
        )
    )
)


def randomise(model: nn.Module) -> nn.Module:
    """Make every weight count, also those that start at zero."""
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.05)
    return model.eval()


def picture_of(size: tuple[int, int], seed: int = 0) -> np.ndarray:
    """Draw a random picture with coarse structure, (H, W, 3) uint8 RGB."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (-(-size[0] // 16), -(-size[1] // 16), 3))
    fine = coarse.repeat(16, 0).repeat(16, 1)[: size[0], : size[1]]
    noisy = fine + rng.integers(-30, 30, (*size, 3))
    return noisy.clip(0, 255).astype(np.uint8)


def predict(
    model: nn.Module,
    picture: np.ndarray,
    names: Sequence[str],
    scale: tuple[float, float] = (1.0, 1.0),
) -> dict[str, np.ndarray]:
    """Predict with the model itself."""
    height, width = picture.shape[:2]
    sample = sample_of(tuple(names), shape=(height, width))
    sample.set_metainfo(
        dict(
            scale_factor=scale,
            ori_shape=(round(height / scale[1]), round(width / scale[0])),
        )
    )
    inputs = torch.from_numpy(picture[..., ::-1].transpose(2, 0, 1).copy())
    with torch.no_grad():
        found = model.test_step(dict(inputs=[inputs], data_samples=[sample]))[0]
    found = found.pred_instances
    keys = [key for key in ('bboxes', 'scores', 'labels', 'masks') if key in found]
    return {key: found[key].numpy() for key in keys}


def assert_equal(
    exported: ExportedModel,
    model: nn.Module,
    picture: np.ndarray,
    scale: tuple[float, float] = (1.0, 1.0),
) -> dict[str, np.ndarray]:
    """Compare boxes within 0.01 pixel, scores within 1e-4, and labels.

    Boxes whose scores differ by rounding only may change places.
    """
    eager = predict(model, picture, exported.description['names'], scale)
    found = exported(picture, scale)
    assert len(found['scores']) == len(eager['scores'])
    if not len(eager['scores']):
        return found
    away = np.abs(found['bboxes'][:, None] - eager['bboxes']).max(2)
    away[found['labels'][:, None] != eager['labels']] = np.inf
    twin = away.argmin(1)
    assert away.min(1).max() < 0.01
    assert sorted(twin) == list(range(len(twin)))
    assert np.abs(found['scores'] - eager['scores'][twin]).max() < 1e-4
    assert (np.diff(found['scores']) <= 0).all()
    return found
