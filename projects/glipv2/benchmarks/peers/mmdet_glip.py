"""mmdet's GLIP and ours with the same weights.

mmdet's GLIP differs from the original code in points that docs/parity.md lists. Where
a config can undo one, it is undone here; the interpolation in its DyConv is patched.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import torch
import torch.nn.functional as F
from mmdet.models.dense_heads import atss_vlfusion_head
from mmdet.registry import MODELS
from mmdet.utils import register_all_modules
from mmengine.config import Config, ConfigDict
from torch import nn
from transformers import AutoTokenizer, BertConfig, BertModel

from ...convert.convert import convert, read_shape
from ...convert.glip import MMDET
from ...convert.names import mmdet_names
from ...shipped import shipped
from ...text.sources import shipped_bert_folder

CONFIGS = shipped('configs') / 'glip'
THEIR_CONFIG = (
    Path(atss_vlfusion_head.__file__).parents[2]
    / '.mim/configs/glip/glip_atss_swin-t_a_fpn_dyhead_pretrain_obj365.py'
)
SWIN_T_DEPTHS = (2, 2, 6, 2)
MATCH_LOGIT = -3.0  # bias0 of random weights: some scores above the threshold


class OriginalFunctions:
    """torch.nn.functional whose ``interpolate`` is the original code's."""

    def __getattr__(self, name: str) -> object:
        return getattr(F, name)

    @staticmethod
    def interpolate(x: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
        """Resize as ``F.upsample_bilinear`` does."""
        return F.interpolate(x, size, mode='bilinear', align_corners=True)


@contextmanager
def original_interpolation() -> Iterator[None]:
    """Let mmdet's DyConv interpolate as the original does."""
    with patch.object(atss_vlfusion_head, 'F', OriginalFunctions()):
        yield


def build_twins(
    folder: Path,
    fused: bool = True,
    depths: Sequence[int] = SWIN_T_DEPTHS,
    blocks: int = 6,
    text: Mapping[str, int] | None = None,
    test_cfg: Mapping[str, object] | None = None,
) -> tuple[nn.Module, nn.Module]:
    """Build mmdet's GLIP-T and ours with its weights, converted; in eval mode.

    Every weight is random, also those that start at zero or one, so that none can be
    forgotten.

    Args:
        folder: Where a BERT for mmdet's model is written to.
        fused: Whether with deep fusion (B, C) or without (A).
        depths: Blocks of each Swin stage.
        blocks: Blocks of the head.
        text: Fields of BertConfig to change.
        test_cfg: Test settings to change, in both.
    """
    register_all_modules()
    text = dict(text or {})
    theirs = build_theirs(folder, fused, depths, blocks, text)
    ours = build_ours(fused, depths, blocks, text)
    source = theirs.state_dict()
    shape = read_shape(list(source), *MMDET.prefixes)
    target = {key: value.shape for key, value in ours.state_dict().items()}
    state, _ = convert(source, mmdet_names(shape), (), target)
    ours.load_state_dict(state)
    for model in (theirs, ours):
        for settings in (model.test_cfg, model.bbox_head.test_cfg):
            settings.update(test_cfg or {})
    return theirs.eval(), ours.eval()


def build_theirs(
    folder: Path,
    fused: bool = True,
    depths: Sequence[int] = SWIN_T_DEPTHS,
    blocks: int = 6,
    text: Mapping[str, int] | None = None,
) -> nn.Module:
    """Build mmdet's GLIP-T with random weights; arguments as :func:`build_twins`."""
    register_all_modules()
    model = MODELS.build(_their_config(folder, fused, depths, blocks, dict(text or {})))
    _randomise(model)
    return model.eval()


def build_ours(
    fused: bool = True,
    depths: Sequence[int] = SWIN_T_DEPTHS,
    blocks: int = 6,
    text: Mapping[str, int] | None = None,
) -> nn.Module:
    """Build our GLIP-T; arguments as :func:`build_twins`."""
    register_all_modules()
    name = 'glip_t-b.py' if fused else 'glip_t-a.py'
    config = Config.fromfile(CONFIGS / name).model
    config.backbone.depths = list(depths)
    config.fusion_neck.num_blocks = blocks
    if text:
        config.text_encoder.source = dict(text)
        config.fusion_neck.text_feedforward_dim = text.get('intermediate_size')
    return MODELS.build(config).eval()


def _their_config(
    folder: Path, fused: bool, depths: Sequence[int], blocks: int, text: dict
) -> ConfigDict:
    bert = BertConfig.from_pretrained(shipped_bert_folder(), **text)
    BertModel(bert, add_pooling_layer=False).save_pretrained(folder)
    AutoTokenizer.from_pretrained(shipped_bert_folder()).save_pretrained(folder)
    config = Config.fromfile(THEIR_CONFIG).model
    config.backbone.depths = list(depths)
    config.language_model.name = str(folder)
    config.bbox_head.update(
        lang_model_name=str(folder), num_dyhead_blocks=blocks, early_fuse=fused,
        loss_cls=dict(type='FocalLoss', use_sigmoid=True),
        loss_bbox=dict(type='GIoULoss', loss_weight=2.0),
        loss_centerness=dict(type='CrossEntropyLoss', use_sigmoid=True),
    )  # fmt: skip
    config.train_cfg.assigner.iou_calculator = dict(type='InclusiveBboxOverlaps2D')
    config.test_cfg.min_bbox_size = -1
    config.test_cfg.nms.offset = 1
    return config


@torch.no_grad()
def _randomise(model: nn.Module) -> None:
    for name, weight in model.named_parameters():
        weight.add_(torch.randn_like(weight) * (0.1 if weight.dim() < 2 else 0.02))
        if name.endswith('bias0'):
            weight.fill_(MATCH_LOGIT)
