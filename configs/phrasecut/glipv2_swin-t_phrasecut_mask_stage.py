"""GLIPv2-T's mask head on PhraseCut: 8 epochs, batch 64, the detector frozen.

bash tools/dist_train.sh configs/phrasecut/glipv2_swin-t_phrasecut_mask_stage.py 8 \
    --auto-scale-lr --cfg-options load_from=glipv2_t.pth
"""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert_mask.py',
    '../_base_/datasets/phrasecut.py',
    '../_base_/mask_stage.py',
]

train_cfg = dict(max_epochs=8)
param_scheduler = [
    _base_.warmup,
    # Our choice: at about the same parts of the training as on COCO.
    dict(type='MultiStepLR', by_epoch=True, end=8, milestones=[5, 7], gamma=0.1),
]
