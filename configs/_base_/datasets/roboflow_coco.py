"""A set of ODinW to train on, with images as in GLIP; `odinw_set` names it.

Prompts and files are those of the test (odinw_sets.py): GLIP tunes with them, too.
"""

_base_ = ['./roboflow_layout.py', './odinw_sets.py', './glip_pictures.py']

# odinw_set: a name of odinw_sets.py.
odinw_set = _base_.odinw_sets['{{$ODINW_SET:Aquarium}}']
data_root = _base_.odinw_root + odinw_set['root']
odinw_parts = {
    split: dict(
        data_root=data_root,
        ann_file=folder + start + _base_.odinw_ann_file,
        data_prefix=dict(img=folder),
        metainfo=dict(classes=odinw_set['classes']),
        caption_prompt=odinw_set.get('prompts'),
    )
    for split, (folder, start) in _base_.odinw_layouts[
        odinw_set.get('layout', 'folders')
    ].items()
}
train_pipeline = _base_.box_train_pipeline
test_pipeline = _base_.box_test_pipeline

train_dataloader = dict(
    dataset=dict(dataset=dict(odinw_parts['train'], pipeline=train_pipeline))
)
val_dataloader = dict(dataset=dict(odinw_parts['val'], pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(odinw_parts['test'], pipeline=test_pipeline))
val_evaluator = dict(ann_file=data_root + odinw_parts['val']['ann_file'])
test_evaluator = dict(ann_file=data_root + odinw_parts['test']['ann_file'])
