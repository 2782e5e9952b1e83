"""LVIS v1 with its names as the prompt; fixed AP and the standard AP on val."""

_base_ = 'mmdet::_base_/datasets/lvis_v1_instance.py'

data_root = 'data/lvis_v1/'  # annotations/, and COCO's train2017/ and val2017/

# GLIP's code decodes and resizes with Pillow; short side 800, long side at most 1333.
train_pipeline = [
    dict(type='LoadImage', imdecode_backend='pillow'),
    dict(type='LoadAnnotations', with_bbox=True),
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

val_evaluator = [
    dict(
        type='StreamingLVISMetric',
        ann_file=data_root + 'annotations/lvis_v1_val.json',
        fixed_ap=fixed_ap,
    )
    for fixed_ap in (True, False)
]
test_evaluator = val_evaluator
