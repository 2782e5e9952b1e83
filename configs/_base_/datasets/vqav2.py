"""VQAv2 (Goyal et al., CVPR 2017) in its official files; images of COCO 2014.

    data/vqav2/v2_OpenEnded_mscoco_{train,val}2014_questions.json
    data/vqav2/v2_mscoco_{train,val}2014_annotations.json
    data/coco/{train,val}2014/

Figures of test-dev come from the evaluation server: test on test2015's questions
without ann_file, and give VQAMetric outfile_prefix and format_only=True.
"""

data_root = 'data/'

# Image sizes as in coco_text.py. No flip: questions say left and right.
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
        type='VQADataset',
        data_root=data_root,
        question_file='vqav2/v2_OpenEnded_mscoco_train2014_questions.json',
        ann_file='vqav2/v2_mscoco_train2014_annotations.json',
        img_name='COCO_train2014_{image_id:012d}.jpg',
        data_prefix=dict(img='coco/train2014/'),
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
        type='VQADataset',
        data_root=data_root,
        question_file='vqav2/v2_OpenEnded_mscoco_val2014_questions.json',
        ann_file='vqav2/v2_mscoco_val2014_annotations.json',
        img_name='COCO_val2014_{image_id:012d}.jpg',
        data_prefix=dict(img='coco/val2014/'),
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader

val_evaluator = dict(type='VQAMetric')
test_evaluator = val_evaluator
