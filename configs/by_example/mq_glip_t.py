"""MQ-GLIP-T: released GLIP-T, frozen, that learns to read examples of names.

    glipv2 weights get glip_t
    glipv2 examples make data/objects365v1/objects365_train.json \
        data/objects365v1/train data/objects365v1/examples.safetensors \
        -m glip_t -n 5000
    bash tools/dist_train.sh configs/by_example/mq_glip_t.py 8

One epoch of Objects365, as MQ-Det. Its own weights come in by
tools/model_converters/glip_to_glipv2.py; docs/by_example.md has all of it.
"""

_base_ = [
    '../_base_/models/glip_swin-t_bert.py',
    '../_base_/datasets/o365_by_example.py',
    '../_base_/schedules/by_example.py',
]

load_from = 'glip_t'
model = dict(
    text_encoder=dict(examples=dict(channels=256)),
    train_only=['text_encoder.example_reader'],
)
