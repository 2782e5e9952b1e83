"""GLIPv2-T's mask head on LVIS v1: 24 epochs, batch 64, the detector frozen.

bash tools/dist_train.sh configs/lvis/glipv2_swin-t_lvis_mask_stage.py 8 \
    --auto-scale-lr --cfg-options load_from=glipv2_t.pth
"""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert_mask.py',
    '../_base_/datasets/lvis_text_masks.py',
    '../_base_/mask_stage.py',
]

model = dict(test_cfg=_base_.lvis_mask_test_cfg)
