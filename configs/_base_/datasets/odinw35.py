"""ODinW-35: zero-shot on the validation part of each set, as GLIP's configs do.

Sets that are not below data/odinw are left out, and the means say how many are there.
"""

_base_ = ['./coco_text.py', './odinw_sets.py']

odinw_root = 'data/odinw/'
odinw_names = list(_base_.odinw_sets)
# A set's folder, and where its validation part is in it.
odinw_places = [
    (odinw_root + each['root'], '' if each.get('export') else 'valid/')
    for each in _base_.odinw_sets.values()
]
odinw_files = [
    ('' if folder else 'val_') + 'annotations_without_background.json'
    for _, folder in odinw_places
]

odinw_datasets = [
    dict(
        type='CocoTextDataset',
        data_root=root,
        ann_file=folder + file,
        data_prefix=dict(img=folder),
        metainfo=dict(classes=each['classes']),
        caption_prompt=each.get('prompts'),
        test_mode=True,
        pipeline=_base_.test_pipeline,
    )
    for each, (root, folder), file in zip(
        _base_.odinw_sets.values(), odinw_places, odinw_files
    )
]

val_dataloader = dict(
    dataset=dict(_delete_=True, type='AvailableDatasets', datasets=odinw_datasets)
)
test_dataloader = val_dataloader

val_evaluator = dict(
    _delete_=True,
    type='DatasetMeansEvaluator',
    dataset_prefixes=odinw_names,
    metrics=[
        dict(type='CocoMetric', ann_file=root + folder + file, metric='bbox')
        for (root, folder), file in zip(odinw_places, odinw_files)
    ],
)
test_evaluator = val_evaluator
