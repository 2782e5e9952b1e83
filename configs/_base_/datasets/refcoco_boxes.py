"""RefCOCO, RefCOCO+ and RefCOCOg: the box of a sentence; MDETR's annotation files.

Files that are not there are left out. Their images have the same numbers, so each
metric must see those of its own file only.
"""

_base_ = './coco_text.py'  # trains on COCO; the sentences are tested zero-shot

# Without boxes: their labels are COCO's categories, not phrases of the sentence, and
# the metric reads them from the file.
refcoco_pipeline = [
    step for step in _base_.test_pipeline if step['type'] != 'LoadAnnotations'
]
refcoco_root = 'data/coco/'
# As papers name the splits, and MDETR the files. MDETR's `final_refexp_val` joins the
# three `val`.
refcoco_splits = [
    *('refcoco_val', 'refcoco_testA', 'refcoco_testB'),
    *('refcoco+_val', 'refcoco+_testA', 'refcoco+_testB'),
    *('refcocog_val', 'refcocog_test'),
]

refcoco_datasets = [
    dict(
        type='MDETRStyleRefCocoDataset',
        data_root=refcoco_root,
        ann_file=f'mdetr_annotations/finetune_{split}.json',
        data_prefix=dict(img='train2014/'),
        test_mode=True,
        return_classes=True,
        pipeline=refcoco_pipeline,
    )
    for split in refcoco_splits
]

val_dataloader = dict(
    dataset=dict(_delete_=True, type='AvailableDatasets', datasets=refcoco_datasets)
)
test_dataloader = val_dataloader

val_evaluator = dict(
    _delete_=True,
    type='DatasetMeansEvaluator',
    dataset_prefixes=refcoco_splits,
    metrics=[
        dict(type='ReferringPrecision', ann_file=each['data_root'] + each['ann_file'])
        for each in refcoco_datasets
    ],
    means=False,  # papers give each split
)
test_evaluator = val_evaluator
