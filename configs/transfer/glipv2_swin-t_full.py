"""Full tuning of GLIPv2-T on a small set; all but the backbone's first stages.

    python tools/train.py configs/transfer/glipv2_swin-t_full.py \
        --cfg-options load_from=glipv2_t.pth

Runs on one set of ODinW; tools/analysis_tools/odinw_transfer.py puts others in its
place. See docs/transfer.md.
"""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert.py',
    '../_base_/datasets/roboflow_coco.py',
    '../_base_/schedules/transfer_full.py',
]

model = dict(transfer_mode='full', backbone=dict(frozen_stages=2))  # as in GLIP
