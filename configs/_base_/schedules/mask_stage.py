"""Training of the mask head: batch 64, 24 epochs on COCO and LVIS, 8 on PhraseCut.

Batch and epochs as remembered of GLIPv2; the rest is not public: our choice.
"""

_base_ = './glip_coco_2x.py'

optim_wrapper = dict(optimizer=dict(lr=1e-4))
auto_scale_lr = dict(base_batch_size=64)
