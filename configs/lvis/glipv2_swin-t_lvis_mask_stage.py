"""GLIPv2-T's mask head on LVIS v1: 24 epochs, batch 64, the detector frozen.

    bash tools/dist_train.sh configs/lvis/glipv2_swin-t_lvis_mask_stage.py 8 \
        --auto-scale-lr --cfg-options load_from=glipv2_t.pth
"""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert_mask.py',
    '../_base_/datasets/lvis_text.py',
    '../_base_/schedules/mask_stage.py',
    '../_base_/default_runtime.py',
]

model = dict(test_cfg=dict(chunked_size=40, max_per_img=300))  # as GLIP on LVIS

train_pipeline = [
    dict(type='LoadTextMasks', bad_masks='drop')
    if step['type'] == 'LoadAnnotations'
    else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=train_pipeline)))
val_evaluator = [dict(each, metric=['bbox', 'segm']) for each in _base_.val_evaluator]
test_evaluator = val_evaluator

# The detector's weights have no mask head.
custom_hooks = [dict(type='CheckpointGuard', allow_partial=True)]
