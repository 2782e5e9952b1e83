"""MQ-GLIP-L: as MQ-GLIP-T, for released GLIP-L.

bash tools/dist_train.sh configs/by_example/mq_glip_l.py 8
"""

_base_ = [
    '../_base_/models/glip_swin-l_bert.py',
    '../_base_/datasets/o365_by_example.py',
    '../_base_/schedules/by_example.py',
]

load_from = 'glip_l'
model = dict(
    text_encoder=dict(examples=dict(channels=256)),
    train_only=['text_encoder.example_reader'],
)
