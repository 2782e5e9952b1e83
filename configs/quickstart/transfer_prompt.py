"""Prompt tuning of the quickstart's detector: offsets on the words of one fixed prompt.

    python tools/dataset_converters/make_emoji_odinw.py data/emoji_odinw
    python tools/train.py configs/quickstart/transfer_prompt.py

After `make demo`. Numbers are GLIP's where transfer.py names them; see
docs/transfer.md.
"""

_base_ = [
    '../_base_/models/glipv2_lite0_minilm.py',
    '../_base_/datasets/emoji_odinw.py',
    '../_base_/schedules/transfer_prompt.py',
]

load_from = 'work_dirs/quickstart/quickstart.pth'
model = dict(transfer_mode='prompt', text_encoder=dict(tuned_prompts=1))
