"""A config for exported files, weights that all count, and what equal means."""

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import nn

from glipv2.benchmarks.export_equality import (
    LARGEST_BOX,
    LARGEST_SCORE,
    differences,
    predict,
)
from glipv2.deployment import ExportedModel
from tests.models.mask_heads.test_language_mask_head import EXTRACTOR, HEAD
from tests.tiny import TEXT_DIM, tiny_config, tiny_model

PIPELINE = [
    dict(type='LoadImage'),
    dict(type='Resize', scale=(96, 64), keep_ratio=True),
]
CONFIG = Config(dict(test_dataloader=dict(dataset=dict(pipeline=PIPELINE))))

# Two levels and one block of fusion: tracing takes time for every convolution.
STRIDES = [8, 16]
PRESENCE_HEAD = dict(type='PresenceHead', text_dim=TEXT_DIM)
MASK_HEAD = dict(
    HEAD, detail_channels=8, roi_extractor=dict(EXTRACTOR, featmap_strides=STRIDES)
)


def random_model(**changes: object) -> nn.Module:
    """Build a yet smaller tiny model with weights that all count, also those that
    start at 0."""
    init_default_scope('mmdet')  # fixtures of a module come before those of a test
    torch.manual_seed(0)
    base = tiny_config()
    base.backbone.out_indices = (0, 1, 2)  # the first for masks
    base.neck.update(in_channels=[8, 16, 32], start_level=1, num_outs=len(STRIDES))
    base.fusion_neck.num_blocks = 1
    base.bbox_head.anchor_generator.strides = STRIDES
    model = tiny_model(**{**base, **changes})
    for parameter in model.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=0.05)
    return model.eval()


def assert_equal(
    exported: ExportedModel,
    model: nn.Module,
    image: np.ndarray,
    scale: tuple[float, float] = (1.0, 1.0),
) -> dict[str, np.ndarray]:
    """Compare boxes within 0.01 pixel, scores within 1e-4, and labels."""
    eager = predict(model, image, exported.description['names'], scale)
    found = exported(image, scale)
    alone, box, score = differences(found, eager)
    assert alone == 0
    assert box < LARGEST_BOX
    assert score < LARGEST_SCORE
    assert (np.diff(found['scores']) <= 0).all()
    return found
