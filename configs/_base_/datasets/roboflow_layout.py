"""Any small set in Roboflow's COCO layout: SET/{train,valid,test}.

Class names are read from the annotation files; `data_root` says which set. A config
that inherits this gives it, and the pipelines.
"""

_base_ = './loaders.py'

data_root = 'data/roboflow/'
ann_file = '_annotations.coco.json'

train_part, valid_part, test_part = (
    dict(
        type='CocoTextDataset',
        data_root=data_root,
        ann_file=folder + ann_file,
        data_prefix=dict(img=folder),
        on_bad='skip',  # some of ODinW's boxes have no area
    )
    for folder in ('train/', 'valid/', 'test/')
)
train_dataloader = dict(
    batch_size=4,  # GLIP on ODinW
    dataset=dict(
        type='RepeatDataset',
        times=1,  # copies: 8, 4, 2, 1 with 1, 3, 5, 10 shots in GLIP's code
        dataset=dict(train_part, filter_cfg=dict(filter_empty_gt=True, min_size=1)),
    ),
)
val_dataloader = dict(dataset=dict(valid_part, test_mode=True))
test_dataloader = dict(dataset=dict(test_part, test_mode=True))
val_evaluator, test_evaluator = (
    dict(type='CocoMetric', ann_file=data_root + part['ann_file'], metric='bbox')
    for part in (valid_part, test_part)
)
