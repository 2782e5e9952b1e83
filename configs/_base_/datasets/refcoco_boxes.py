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
refcoco_files = dict(
    val='final_refexp_val',  # of all three
    refcoco_testA='finetune_refcoco_testA',
    refcoco_testB='finetune_refcoco_testB',
    refcoco_plus_testA='finetune_refcoco+_testA',
    refcoco_plus_testB='finetune_refcoco+_testB',
    refcocog_test='finetune_refcocog_test',
)

refcoco_datasets = [
    dict(
        type='MDETRStyleRefCocoDataset',
        data_root=refcoco_root,
        ann_file=f'mdetr_annotations/{file}.json',
        data_prefix=dict(img='train2014/'),
        test_mode=True,
        return_classes=True,
        pipeline=refcoco_pipeline,
    )
    for file in refcoco_files.values()
]

val_dataloader = dict(
    dataset=dict(_delete_=True, type='AvailableDatasets', datasets=refcoco_datasets)
)
test_dataloader = val_dataloader

val_evaluator = dict(
    _delete_=True,
    type='DatasetMeansEvaluator',
    dataset_prefixes=list(refcoco_files),
    metrics=[
        dict(
            type='ReferringPrecision',
            ann_file=f'{refcoco_root}mdetr_annotations/{file}.json',
        )
        for file in refcoco_files.values()
    ],
)
test_evaluator = val_evaluator
