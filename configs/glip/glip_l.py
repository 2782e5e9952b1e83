"""GLIP-L: Swin-L and eight fusion blocks; FourODs, GoldG, Cap24M."""

_base_ = [
    '../_base_/models/glip_swin-l_bert.py',
    '../_base_/datasets/coco_text.py',
    '../_base_/benchmark.py',
]
