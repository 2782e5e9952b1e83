"""A model small enough to build and run in a blink, and samples for it."""

from collections.abc import Sequence

import torch
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData
from torch import nn

import glipv2  # noqa: F401 (registers the parts)

CHANNELS = 16
TEXT_DIM = 32
TEXT_SOURCE = dict(
    hidden_size=TEXT_DIM,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=48,
    hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0,
)


def tiny_config(**changes: object) -> ConfigDict:
    """Describe a whole GLIPv2 with random weights."""
    config = dict(
        type='GLIPv2',
        data_preprocessor=dict(
            type='DetDataPreprocessor', mean=[127.0] * 3, std=[128.0] * 3,
            pad_size_divisor=32,
        ),
        backbone=dict(
            type='ResNet', depth=18, base_channels=8, stem_channels=8,
            out_indices=(1, 2, 3), norm_eval=True,
        ),
        neck=dict(
            type='FPN', in_channels=[16, 32, 64], out_channels=CHANNELS, num_outs=3
        ),
        text_encoder=dict(type='TextEncoder', source=TEXT_SOURCE, max_tokens=64),
        fusion_neck=dict(
            type='VLFusionNeck', in_channels=CHANNELS, text_dim=TEXT_DIM,
            num_blocks=2, embed_dim=32, num_heads=2, text_num_heads=2,
            dropout=0.0, text_dropout=0.0,
        ),
        bbox_head=dict(
            type='GroundingHead', in_channels=CHANNELS, text_dim=TEXT_DIM,
            anchor_generator=dict(
                type='AnchorGenerator', ratios=[1.0], octave_base_scale=4,
                scales_per_octave=1, strides=[8, 16, 32], center_offset=0.5,
            ),
            bbox_coder=dict(
                type='DeltaXYWHBBoxCoder', target_means=[0.0] * 4,
                target_stds=[0.1, 0.1, 0.2, 0.2],
            ),
            loss_cls=dict(type='FocalLoss', use_sigmoid=True),
            loss_bbox=dict(type='GIoULoss', loss_weight=2.0),
        ),
        train_cfg=dict(
            assigner=dict(type='ATSSAssigner', topk=9), allowed_border=-1,
            pos_weight=-1,
        ),
        test_cfg=dict(
            nms_pre=1000, min_bbox_size=0, score_thr=0.0,
            nms=dict(type='nms', iou_threshold=0.6), max_per_img=50,
        ),
    )  # fmt: skip
    return ConfigDict({**config, **changes})


def tiny_model(**changes: object) -> nn.Module:
    """Build the tiny model; its random weights are the seed's."""
    model = MODELS.build(tiny_config(**changes))
    model.init_weights()
    model.train()  # only this call freezes the batch norms' statistics
    return model


def sample_of(
    text: str | Sequence[str],
    boxes: Sequence[Sequence[float]] = (),
    labels: Sequence[int] = (),
    shape: tuple[int, int] = (64, 96),
    **keys: object,
) -> DetDataSample:
    """Make a data sample as the pipeline packs it."""
    meta = dict(
        img_path='image.jpg', img_id=1, ori_shape=shape, img_shape=shape,
        scale_factor=(1.0, 1.0), text=text, **keys,
    )  # fmt: skip
    sample = DetDataSample(metainfo=meta)
    sample.gt_instances = InstanceData(
        bboxes=torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        labels=torch.tensor(labels, dtype=torch.long),
    )
    return sample


def batch_of(samples: Sequence[DetDataSample]) -> dict:
    """Make a batch of random images for samples, as a data loader gives it."""
    inputs = [
        torch.randint(0, 256, (3, *sample.img_shape), dtype=torch.uint8)
        for sample in samples
    ]
    return dict(inputs=inputs, data_samples=list(samples))


def losses_of(model: nn.Module, batch: dict) -> dict[str, torch.Tensor]:
    """Run a batch through preprocessor and loss."""
    data = model.data_preprocessor(batch, True)
    return model(**data, mode='loss')


def example_changes() -> dict:
    """Change the tiny model so that names can be shown by examples."""
    reader = dict(
        channels=CHANNELS, num_layers=1, num_heads=2, head_dim=4, target_head_dim=4
    )
    encoder = dict(tiny_config().text_encoder, examples=reader)
    return dict(text_encoder=encoder)


def detail_changes() -> dict:
    """Change the tiny model so that a mask head can read 8 channels of detail."""
    config = tiny_config()
    return dict(
        backbone=dict(config.backbone, out_indices=(0, 1, 2, 3)),
        neck=dict(config.neck, in_channels=[8, 16, 32, 64], start_level=1),
    )
