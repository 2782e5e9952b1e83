"""GLIP-T on Flickr30k Entities, zero-shot (docs/benchmarks.md)."""

_base_ = [
    '../_base_/models/glip_swin-t_bert.py',
    '../_base_/datasets/flickr30k.py',
    '../_base_/benchmark.py',
]

model = dict(test_cfg=dict(max_per_img=100))  # as GLIP
