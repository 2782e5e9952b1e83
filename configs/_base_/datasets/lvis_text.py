"""LVIS v1 with its names as the prompt; fixed AP and the standard AP on val."""

_base_ = ['mmdet::_base_/datasets/lvis_v1_instance.py', './glip_pictures.py']

data_root = 'data/lvis_v1/'  # annotations/, and COCO's train2017/ and val2017/

train_pipeline = [
    *_base_.flipped_boxes,
    # As GLIP and FIBER on LVIS.
    dict(_base_.prompt, num_categories=85, full_sampling_prob=1.0),
    _base_.pack,
]
test_pipeline = _base_.box_test_pipeline

train_dataloader = dict(
    # Every image once in an epoch, as GLIP and FIBER: without mmdet's
    # ClassBalancedDataset, which repeats images of rare classes.
    dataset=dict(
        _delete_=True,
        type='LvisTextDataset',
        data_root=data_root,
        ann_file='annotations/lvis_v1_train.json',
        data_prefix=dict(img=''),
        filter_cfg=dict(filter_empty_gt=True, min_size=32),  # mmdet's
        on_bad='skip',  # as COCO's
        pipeline=train_pipeline,
    )
)
val_dataloader = dict(dataset=dict(type='LvisTextDataset', pipeline=test_pipeline))
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

# For `model.test_cfg`, as GLIP: prompts of 40 names, the best 300 boxes of each prompt.
# The metric of the standard protocol counts 300 of an image.
lvis_test_cfg = dict(chunked_size=40, max_per_prompt=300)
# With masks, 300 of an image: those of all prompts would take 10 GB (our choice).
lvis_mask_test_cfg = dict(chunked_size=40, max_per_img=300)
