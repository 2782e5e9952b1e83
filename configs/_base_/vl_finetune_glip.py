"""GLIP's rates for questions and captions, in the place of FIBER's schedule.

    _base_ = ['../vqa/glipv2_swin-t_vqav2.py', '../_base_/vl_finetune_glip.py']
    optim_wrapper = _base_.glip_optim_wrapper
    param_scheduler = _base_.glip_param_scheduler
    auto_scale_lr = _base_.glip_auto_scale_lr

The rate is that of GLIP's fine-tuning on COCO; batch and decay are our choice. Listed
beside a config, whose keys it must not define.
"""

glip_optim_wrapper = dict(
    _delete_=True,
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-5, weight_decay=1e-4),
    clip_grad=dict(max_norm=1.0),
    paramwise_cfg=dict(
        norm_decay_mult=0.0,
        custom_keys={  # the new head starts at random
            'vqa_head': dict(lr_mult=10.0),
            'caption_head': dict(lr_mult=10.0),
        },
    ),
)
glip_param_scheduler = [
    dict(type='LinearLR', start_factor=0.001, by_epoch=False, end=1000),
    dict(type='CosineAnnealingLR', by_epoch=True, T_max=10, convert_to_iter_based=True),
]
glip_auto_scale_lr = dict(base_batch_size=64)
