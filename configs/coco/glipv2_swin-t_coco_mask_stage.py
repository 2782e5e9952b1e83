"""GLIPv2-T's mask head on COCO: 24 epochs, batch 64, the detector frozen.

    bash tools/dist_train.sh configs/coco/glipv2_swin-t_coco_mask_stage.py 8 \
        --auto-scale-lr --cfg-options load_from=glipv2_t.pth

For the released GLIP-T weights (converted) add
`model.fusion_neck.legacy_offsets=True model.fusion_neck.mask_padding=False`
`model.bbox_head.inclusive_boxes=True`.
"""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert_mask.py',
    '../_base_/datasets/coco_text_masks.py',
    '../_base_/mask_stage.py',
]
