"""GLIPv2-T's mask head on LVIS v1: 24 epochs, batch 64, the detector frozen.

    bash tools/dist_train.sh configs/lvis/glipv2_swin-t_lvis_mask_stage.py 8 \
        --auto-scale-lr --cfg-options load_from=glipv2_t.pth
"""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert_mask.py',
    'mmdet::_base_/datasets/lvis_v1_instance.py',
    '../_base_/schedules/mask_stage.py',
    '../_base_/default_runtime.py',
]

model = dict(test_cfg=dict(chunked_size=40, max_per_img=300))  # as GLIP on LVIS

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
    dict(type='RandomFlip', prob=0.5),
    dict(
        type='SampleDetectionPrompt',
        tokenizer='bert-base-uncased',
        max_tokens=256,
        num_categories=85,  # as GLIP and FIBER on LVIS
        full_sampling_prob=1.0,
    ),
    dict(type='PackTextDetInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile', imdecode_backend='pillow'),
    dict(type='FixScaleResize', scale=(800, 1333), keep_ratio=True, backend='pillow'),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='PackTextDetInputs'),
]

train_dataloader = dict(
    dataset=dict(dataset=dict(pipeline=train_pipeline, return_classes=True))
)
val_dataloader = dict(dataset=dict(pipeline=test_pipeline, return_classes=True))
test_dataloader = val_dataloader

# The detector's weights have no mask head.
custom_hooks = [dict(type='CheckpointGuard', allow_partial=True)]
