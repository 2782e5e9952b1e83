"""Linear probing of GLIPv2-T: the box head's last layers. Runs as full tuning does."""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert.py',
    '../_base_/datasets/roboflow_coco.py',
    '../_base_/schedules/transfer_linear.py',
]

model = dict(transfer_mode='linear')
