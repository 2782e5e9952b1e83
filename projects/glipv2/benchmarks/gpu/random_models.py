"""Models of three sizes with random weights and each head, and batches for them."""

from collections.abc import Mapping

import numpy as np
import torch
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmdet.structures.mask import BitmapMasks
from mmdet.utils import register_all_modules
from mmengine.config import Config, ConfigDict
from mmengine.structures import InstanceData
from torch import nn

import glipv2  # noqa: F401 (registers the parts)

from ...shipped import shipped

CONFIGS = shipped('configs') / '_base_' / 'models'
# Config without and with masks, and (H, W) of an image.
SIZES = {
    'tiny': ('glipv2_lite0_minilm', (64, 96)),
    'quickstart': ('glipv2_lite0_minilm', (192, 192)),
    'GLIP-T': ('glipv2_swin-t_bert', (480, 640)),
}
HEADS = (
    'boxes', 'late fusion', 'pre-training losses', 'masks', 'questions',
    'questions, reader', 'captions', 'prompt tuning',
)  # fmt: skip
NAMES = ('dog', 'red apple', 'traffic light')
CAPTION = 'a dog beside a red apple'
ANSWERS = ('yes', 'no', '2', 'red')
TINY_CHANNELS, TINY_TEXT = 16, 32
STD = 0.1  # of what is added to vectors


def build_model(size: str, head: str) -> nn.Module:
    """Build a model; the same weights at every call.

    Args:
        size: Of :data:`SIZES`.
        head: Of :data:`HEADS`.

    Returns:
        The model on the CPU, without dropout.
    """
    register_all_modules()
    torch.manual_seed(0)
    model = MODELS.build(describe_model(size, head))
    model.init_weights()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    with torch.no_grad():
        # A new model samples on pixels, where the slope has two values.
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1 or 'offset' in name:
                parameter.add_(torch.randn_like(parameter), alpha=STD)
        nn.init.zeros_(model.bbox_head.bias0)  # else no score passes the threshold
    return model


def describe_model(size: str, head: str) -> ConfigDict:
    """Write the config of a model; arguments as :func:`build_model`."""
    name, _ = SIZES[size]
    config = Config.fromfile(CONFIGS / f'{name}.py').model
    config.fusion_neck.update(dropout=0.0, text_dropout=0.0)
    if 'drop_path_rate' in config.backbone:
        config.backbone.drop_path_rate = 0.0
    if head == 'masks':
        config.mask_head = Config.fromfile(CONFIGS / f'{name}_mask.py').model.mask_head
    if size == 'tiny':
        shrink(config)
    channels, text_dim = config.bbox_head.in_channels, config.bbox_head.text_dim
    if head == 'late fusion':
        config.fusion_neck = None
    elif head == 'pre-training losses':
        config.contrastive_loss = dict(
            type='InterImageContrastiveLoss', visual_dim=channels, text_dim=text_dim
        )
        config.mlm_head = dict(type='MLMHead', text_dim=text_dim)
    elif head.startswith('questions'):
        config.vqa_head = dict(type='VQAHead', text_dim=text_dim, answers=ANSWERS)
        config.vqa_head.dropout = 0.0
        if head.endswith('reader'):
            config.vqa_head.reader = dict(
                type='GroundedReader', in_channels=channels, text_dim=text_dim,
                num_layers=1, num_heads=2, dropout=0.0,
            )  # fmt: skip
    elif head == 'captions':
        config.caption_head = dict(type='CaptionHead', text_dim=text_dim)
        config.test_cfg.caption = dict(max_length=8)
    elif head == 'prompt tuning':
        config.transfer_mode = 'prompt'
        config.text_encoder.tuned_prompts = 1
    return config


def shrink(config: ConfigDict) -> None:
    """Make a model of the quickstart's kind small, in place."""
    config.backbone.pretrained = False
    config.neck.out_channels = TINY_CHANNELS
    config.text_encoder = dict(
        type='TextEncoder', max_tokens=64,
        source=dict(
            hidden_size=TINY_TEXT, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=48,
        ),
    )  # fmt: skip
    config.fusion_neck.update(embed_dim=32, num_heads=2, text_num_heads=2)
    for part in (config.fusion_neck, config.bbox_head, config.get('mask_head')):
        if part is not None:
            part.update(in_channels=TINY_CHANNELS, text_dim=TINY_TEXT)
    if 'mask_head' in config:
        config.mask_head.roi_extractor.out_channels = TINY_CHANNELS


def make_batch(size: str, head: str, images: int = 2, predicts: bool = False) -> dict:
    """Make random images with the targets or the text of a head.

    Args:
        size: Of :data:`SIZES`.
        head: Of :data:`HEADS`.
        images: B.
        predicts: Whether it is for a prediction; a caption is then empty.

    Returns:
        ``inputs`` and ``data_samples``, as a data loader gives them.
    """
    _, (height, width) = SIZES[size]
    torch.manual_seed(1)
    inputs = [
        torch.randint(0, 256, (3, height, width), dtype=torch.uint8)
        for _ in range(images)
    ]
    samples = [make_sample(head, (height, width), predicts) for _ in range(images)]
    return dict(inputs=inputs, data_samples=samples)


def make_sample(head: str, shape: tuple[int, int], predicts: bool) -> DetDataSample:
    """Make one sample; arguments as :func:`make_batch`."""
    meta: dict = dict(
        img_path='random', img_id=0, ori_shape=shape, img_shape=shape,
        scale_factor=(1.0, 1.0), text=NAMES, custom_entities=True,
    )  # fmt: skip
    task: Mapping = {}
    if head.startswith('questions'):
        task = dict(text='is there a dog?', gt_answers=['yes'] * 10, task='vqa')
    elif head == 'captions':
        task = dict(text='' if predicts else CAPTION, task='caption')
    sample = DetDataSample(metainfo={**meta, **task})
    height, width = shape
    share = torch.tensor([width, height, width, height])
    boxes = share * torch.tensor([[0.1, 0.1, 0.45, 0.6], [0.4, 0.3, 0.9, 0.95]])
    sample.gt_instances = InstanceData(bboxes=boxes, labels=torch.tensor([0, 2]))
    if head == 'masks':
        masks = np.zeros((2, height, width), dtype=np.uint8)
        for mask, (left, top, right, bottom) in zip(masks, boxes.int().tolist()):
            mask[top:bottom, left:right] = 1
        sample.gt_instances.masks = BitmapMasks(masks, height, width)
    return sample
