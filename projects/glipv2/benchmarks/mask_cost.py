"""What the mask head adds to GLIP-T's forward, and pasting masks to its memory."""

import torch
from mmdet.registry import MODELS
from mmdet.utils import register_all_modules
from mmengine.config import Config
from torch import nn

from ..shipped import shipped
from .measure import time_in_turns
from .peers.cases import make_batch
from .peers.parity import clone

CONFIG = shipped('configs') / 'coco' / 'glipv2_swin-t_coco_mask_stage.py'
SIZE = (480, 640)
LARGE = (800, 1333)
BOXES, MANY_BOXES = 100, 300


def build() -> nn.Module:
    """Build GLIPv2-T with a mask head and random weights."""
    register_all_modules()
    torch.manual_seed(0)
    return MODELS.build(Config.fromfile(CONFIG).model).eval()


def time_with_masks(model: nn.Module, repeats: int) -> list[float]:
    """Time the forward of one image, without and with the mask head.

    Args:
        model: Of :func:`build`.
        repeats: Timed runs of each.

    Returns:
        Median seconds without and with masks.
    """
    head = model.mask_head
    model.test_cfg.update(score_thr=0.0, max_per_img=BOXES)
    batch = make_batch('names80', SIZE, 80)

    def predict(with_masks: bool) -> int:
        model.mask_head = head if with_masks else None
        with torch.no_grad():
            return len(model.test_step(clone(batch))[0].pred_instances)

    assert predict(True) == BOXES
    return time_in_turns((lambda: predict(False), lambda: predict(True)), repeats)


def paste(model: nn.Module) -> None:
    """Paste masks of boxes as large as half the image's sides."""
    height, width = LARGE
    extent = torch.tensor([width / 2, height / 2])
    corner = torch.rand(MANY_BOXES, 2) * extent
    boxes = torch.cat((corner, corner + extent), 1)
    meta = dict(ori_shape=LARGE, img_shape=LARGE, scale_factor=(1.0, 1.0))
    with torch.no_grad():
        model.mask_head.paste(torch.randn(MANY_BOXES, 1, 28, 28), boxes, meta, True)
