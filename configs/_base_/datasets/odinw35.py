"""ODinW-35: zero-shot on `val` of each set, as GLIP's configs do.

Sets that are not below data/odinw are left out, and the means say how many are there.
"""

_base_ = ['./coco_text.py', './odinw_sets.py']

odinw_names = list(_base_.odinw_sets)
# A set's folder, the folder of its images in it, and its annotation file.
odinw_places = [
    (_base_.odinw_root + each['root'], folder, folder + start + _base_.odinw_ann_file)
    for each in _base_.odinw_sets.values()
    for folder, start in [_base_.odinw_layouts[each.get('layout', 'folders')]['val']]
]

odinw_datasets = [
    dict(
        type='CocoTextDataset',
        data_root=root,
        ann_file=file,
        data_prefix=dict(img=folder),
        metainfo=dict(classes=each['classes']),
        caption_prompt=each.get('prompts'),
        on_bad='skip',  # some of the boxes have no area
        test_mode=True,
        pipeline=_base_.test_pipeline,
    )
    for each, (root, folder, file) in zip(_base_.odinw_sets.values(), odinw_places)
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
        dict(type='CocoMetric', ann_file=root + file, metric='bbox')
        for root, _, file in odinw_places
    ],
)
test_evaluator = val_evaluator
