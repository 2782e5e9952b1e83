"""GLIPv2-T's mask head on PhraseCut: 8 epochs, batch 64, the detector frozen.

    bash tools/dist_train.sh configs/phrasecut/glipv2_swin-t_phrasecut_mask_stage.py 8 \
        --auto-scale-lr --cfg-options load_from=glipv2_t.pth

data/phrasecut holds PhraseCut's refer_*.json and images/.
"""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert_mask.py',
    '../_base_/schedules/mask_stage.py',
    '../_base_/default_runtime.py',
]

data_root = 'data/phrasecut/'

train_pipeline = [
    dict(type='LoadImage', imdecode_backend='pillow'),
    dict(type='LoadTextMasks', bad_masks='drop'),
    dict(
        type='RandomChoiceResize',
        scales=[(size, 1333) for size in (480, 560, 640, 720, 800)],
        resize_type='FixScaleResize',
        keep_ratio=True,
        backend='pillow',
    ),
    dict(type='PackTextDetInputs'),  # not flipped: phrases say left and right
]
test_pipeline = [
    dict(type='LoadImageFromFile', imdecode_backend='pillow'),
    dict(type='FixScaleResize', scale=(800, 1333), keep_ratio=True, backend='pillow'),
    dict(type='LoadTextMasks', bad_masks='drop'),
    dict(type='PackTextDetInputs'),
]
phrases = dict(
    type='PhraseCutDataset', data_root=data_root, data_prefix=dict(img='images/')
)
train_dataloader = dict(
    batch_size=2,  # per GPU; 64 in all
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(phrases, ann_file='refer_train.json', pipeline=train_pipeline),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        phrases, ann_file='refer_val.json', test_mode=True, pipeline=test_pipeline
    ),
)
test_dataloader = dict(
    val_dataloader, dataset=dict(val_dataloader['dataset'], ann_file='refer_test.json')
)
val_evaluator = dict(type='PhraseCutMetric')
test_evaluator = val_evaluator

train_cfg = dict(max_epochs=8)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.001, by_epoch=False, end=2000),
    dict(type='MultiStepLR', by_epoch=True, end=8, milestones=[5, 7], gamma=0.1),
]

# The detector's weights have no mask head.
custom_hooks = [dict(type='CheckpointGuard', allow_partial=True)]
