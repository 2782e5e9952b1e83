"""Any small set in Roboflow's COCO layout, as ODinW's: SET/{train,valid,test}.

Class names are read from the annotation files; `data_root` says which set.
"""

dataset_type = 'CocoTextDataset'
data_root = 'data/odinw/Aquarium/Aquarium Combined.v2-raw-1024.coco/'
ann_file = '_annotations.coco.json'
tokenizer = 'bert-base-uncased'
scale = (800, 1333)  # short side 800, long side at most 1333, as in GLIP

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
        tokenizer=tokenizer,
        max_tokens=256,
        num_categories=-1,  # all names
        shuffle=False,  # GLIP: a fixed order; prompt tuning cannot do without
    ),
    dict(type='PackTextDetInputs'),
]
test_pipeline = [
    dict(type='LoadImage', imdecode_backend='pillow'),
    dict(type='FixScaleResize', scale=scale, keep_ratio=True, backend='pillow'),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='PackTextDetInputs'),
]

train_dataloader = dict(
    batch_size=4,  # GLIP on ODinW
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='RepeatDataset',
        times=1,  # copies: 8, 4, 2, 1 with 1, 3, 5, 10 shots in GLIP's code
        dataset=dict(
            type=dataset_type,
            data_root=data_root,
            ann_file='train/' + ann_file,
            data_prefix=dict(img='train/'),
            filter_cfg=dict(filter_empty_gt=True, min_size=1),
            bad_boxes='drop',  # some of ODinW's boxes have no area
            pipeline=train_pipeline,
        ),
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='valid/' + ann_file,
        data_prefix=dict(img='valid/'),
        test_mode=True,
        bad_boxes='drop',
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
        type=dataset_type,
        data_root=data_root,
        ann_file='test/' + ann_file,
        data_prefix=dict(img='test/'),
        test_mode=True,
        bad_boxes='drop',
        pipeline=test_pipeline,
    ),
)
val_evaluator = dict(
    type='CocoMetric', ann_file=data_root + 'valid/' + ann_file, metric='bbox'
)
test_evaluator = dict(
    type='CocoMetric', ann_file=data_root + 'test/' + ann_file, metric='bbox'
)
