"""GLIP-T (B): deep fusion, trained on Objects365; evaluated and tuned on COCO."""

_base_ = [
    '../_base_/models/glip_swin-t_bert.py',
    '../_base_/datasets/coco_text.py',
    '../_base_/benchmark.py',
]
