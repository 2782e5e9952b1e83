"""MQ-GLIP-L: as MQ-GLIP-T, for released GLIP-L.

bash tools/dist_train.sh configs/by_example/mq_glip_l.py 8
"""

_base_ = ['./mq_glip_t.py']

load_from = 'glip_l'
model = dict(
    backbone=dict(
        embed_dims=192,
        depths=[2, 2, 18, 2],
        num_heads=[6, 12, 24, 48],
        window_size=12,
        drop_path_rate=0.4,
    ),
    neck=dict(in_channels=[384, 768, 1536]),
    fusion_neck=dict(num_blocks=8),
)
