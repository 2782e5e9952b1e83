"""Full tuning of the quickstart's detector; all but the backbone's first stages.

    python tools/dataset_converters/make_emoji_odinw.py data/emoji_odinw
    python tools/train.py configs/quickstart/transfer_full.py

After `make quickstart`. Numbers are GLIP's where transfer.py names them; see
docs/transfer.md.
"""

_base_ = [
    '../_base_/models/glipv2_lite0_minilm.py',
    '../_base_/datasets/emoji_odinw.py',
    '../_base_/schedules/transfer_full.py',
]

load_from = 'work_dirs/quickstart/quickstart.pth'
model = dict(transfer_mode='full')  # two stages are frozen already
