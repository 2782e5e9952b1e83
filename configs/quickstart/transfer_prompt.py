"""Prompt tuning of the quickstart's detector: offsets on the words of a fixed prompt.

Runs as transfer_full.py.
"""

_base_ = [
    '../_base_/models/glipv2_lite0_minilm.py',
    '../_base_/datasets/emoji_odinw.py',
    '../_base_/schedules/transfer_prompt.py',
]

load_from = 'work_dirs/quickstart/quickstart.pth'
model = dict(transfer_mode='prompt', text_encoder=dict(tuned_prompts=1))
