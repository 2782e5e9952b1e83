"""COCO captions in Karpathy's splits (CVPR 2015); images of COCO 2014.

data/coco/annotations/dataset_coco.json
data/coco/{train,val}2014/
"""

data_root = 'data/coco/'
ann_file = 'annotations/dataset_coco.json'

# Image sizes as in coco_text.py. No flip: captions say left and right.
train_pipeline = [
    dict(type='LoadImage', imdecode_backend='pillow'),
    dict(
        type='RandomChoiceResize',
        scales=[(size, 1333) for size in (480, 560, 640, 720, 800)],
        resize_type='FixScaleResize',
        keep_ratio=True,
        backend='pillow',
    ),
    dict(type='PackTextDetInputs'),
]
test_pipeline = [
    dict(type='LoadImage', imdecode_backend='pillow'),
    dict(type='FixScaleResize', scale=(800, 1333), keep_ratio=True, backend='pillow'),
    dict(type='PackTextDetInputs'),
]

train_dataloader = dict(
    batch_size=2,  # our choice; the paper does not say
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='CocoKarpathyDataset',
        data_root=data_root,
        ann_file=ann_file,
        data_prefix=dict(img=''),  # the file names train2014/ and val2014/
        split=['train', 'restval'],  # as usual: 113k images
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='CocoKarpathyDataset',
        data_root=data_root,
        ann_file=ann_file,
        data_prefix=dict(img=''),
        split='val',
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
test_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='CocoKarpathyDataset',
        data_root=data_root,
        ann_file=ann_file,
        data_prefix=dict(img=''),
        split='test',  # 5000 images, of which figures are reported
        test_mode=True,
        pipeline=test_pipeline,
    ),
)

val_evaluator = dict(type='CaptionMetric')
# Published figures use Stanford's tokeniser: tokenizer='ptb', which needs Java.
test_evaluator = val_evaluator
