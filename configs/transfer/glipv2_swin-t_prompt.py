"""Prompt tuning of GLIPv2-T: offsets on the words of one fixed prompt.

    python tools/train.py configs/transfer/glipv2_swin-t_prompt.py \
        --cfg-options load_from=glipv2_t.pth

For another set change `data_root` in ../_base_/datasets/roboflow_coco.py's place, or
let tools/analysis_tools/odinw_transfer.py do so. See docs/transfer.md.
"""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert.py',
    '../_base_/datasets/roboflow_coco.py',
    '../_base_/schedules/transfer_prompt.py',
]

model = dict(transfer_mode='prompt', text_encoder=dict(tuned_prompts=1))
