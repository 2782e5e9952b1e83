"""Prompt tuning of GLIPv2-T: offsets on the words of one fixed prompt.

Runs as full tuning does.
"""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert.py',
    '../_base_/datasets/roboflow_coco.py',
    '../_base_/schedules/transfer_prompt.py',
]

model = dict(transfer_mode='prompt', text_encoder=dict(tuned_prompts=1))
