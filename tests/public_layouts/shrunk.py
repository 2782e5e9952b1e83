"""A real config with a model, images and a training that take no time."""

from collections.abc import Iterator
from typing import Any

from mmengine.config import Config, ConfigDict

from tests.tiny import TEXT_DIM, TEXT_SOURCE

CHANNELS = 32
WIDTHS = ('in_channels', 'out_channels', 'visual_dim')
SHORT, LONG = 64, 96  # pixels of an image


def shrink(config: Config) -> Config:
    """Make a config small; what data it reads, and how, stays.

    Args:
        config: The whole config; changed.

    Returns:
        The same config.
    """
    shrink_model(config.model)
    config.load_from = None  # weights that a user has to get
    for step in _parts(config):
        if 'scale' in step:
            low = min(step['scale']), max(step['scale'])
            step['scale'] = (SHORT, SHORT) if low[0] == low[1] else (SHORT, LONG)
        if 'scales' in step:
            step['scales'] = [(48, LONG), (SHORT, LONG)]
        if step.get('tokenizer') == 'openai/clip-vit-base-patch32':
            step['tokenizer'] = 'bert-base-uncased'  # CLIP's is not shipped
    for split in ('train', 'val', 'test'):
        loader = config[f'{split}_dataloader']
        loader.update(num_workers=0, persistent_workers=False)
        loader.batch_size = min(loader.batch_size, 2)
    if config.train_cfg.type == 'EpochBasedTrainLoop':
        config.train_cfg.update(max_epochs=1, val_interval=1)
    else:
        config.train_cfg.update(max_iters=2, val_interval=2)
    if config.optim_wrapper.type == 'AmpOptimWrapper':  # needs a GPU
        config.optim_wrapper.type = 'OptimWrapper'
        for key in ('loss_scale', 'use_fsdp'):
            config.optim_wrapper.pop(key, None)
    config.default_hooks.logger.interval = 1
    config.env_cfg.dist_cfg.backend = 'gloo'
    return config


def shrink_model(model: ConfigDict) -> None:
    """Make a model small: few channels, one block of fusion, a tiny text encoder.

    Args:
        model: Its config; changed. The first stage of a Swin keeps a shifted window.
    """
    channels, text_dim = model.neck.out_channels, model.bbox_head.text_dim
    for part in _parts(model):
        for key in WIDTHS:
            if part.get(key) == channels:
                part[key] = CHANNELS
        if part.get('text_dim') == text_dim:
            part.text_dim = TEXT_DIM
    _shrink_encoders(model)
    model.fusion_neck.update(
        num_blocks=1, embed_dim=CHANNELS, num_heads=2, text_num_heads=2
    )
    model.test_cfg.score_thr = 0.0  # random weights find little; metrics need boxes
    if model.get('contrastive_loss'):
        model.contrastive_loss.visual_dim = CHANNELS
    if model.get('mlm_head'):
        model.mlm_head.update(vocab_size=30522, mask_token_id=103)  # BERT's
    if model.get('vqa_head', {}).get('reader'):
        model.vqa_head.reader.num_heads = 2
    if model.get('caption_head'):
        model.test_cfg.caption.update(num_beams=2, max_length=4)


def _shrink_encoders(model: ConfigDict) -> None:
    for part in (model.backbone, model.text_encoder):
        part.pop('init_cfg', None)  # of a file that a user has to get
    if model.backbone.type == 'SwinTransformer':
        model.backbone.update(
            embed_dims=16, depths=[2, 1, 1, 1], num_heads=[1, 2, 4, 8], window_size=4
        )
        model.neck.in_channels = [32, 64, 128]
    else:
        model.backbone.pretrained = False
    source = dict(TEXT_SOURCE, hidden_size=TEXT_DIM)
    if 'clip' in str(model.text_encoder.source):
        source = dict(
            model_type='clip_text_model', vocab_size=30522, hidden_size=TEXT_DIM,
            num_hidden_layers=1, num_attention_heads=2, intermediate_size=48,
        )  # fmt: skip
    model.text_encoder.source = source  # not by update, which merges dicts
    model.text_encoder.pretrained = False
    if model.text_encoder.get('examples'):
        model.text_encoder.examples.update(channels=CHANNELS, num_layers=1)


def _parts(value: Any) -> Iterator[ConfigDict]:
    """Find all dicts in a config."""
    if isinstance(value, (dict, Config)):
        if isinstance(value, dict):
            yield value
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _parts(each)
