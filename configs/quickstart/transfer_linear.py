"""Linear probing of the quickstart's detector: the box head's last layers.

Runs as transfer_full.py.
"""

_base_ = [
    '../_base_/models/glipv2_lite0_minilm.py',
    '../_base_/datasets/emoji_odinw.py',
    '../_base_/schedules/transfer_linear.py',
]

load_from = 'work_dirs/quickstart/quickstart.pth'
model = dict(transfer_mode='linear')
# Our choice, ten times GLIP's: the demonstration has under a hundred steps.
optim_wrapper = dict(optimizer=dict(lr=1e-3))
