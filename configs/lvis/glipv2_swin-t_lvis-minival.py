"""GLIPv2-T on LVIS v1 minival: zero-shot, or fine-tuned (docs/benchmarks.md)."""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert.py',
    '../_base_/datasets/lvis_minival_text.py',
    '../_base_/benchmark.py',
]

model = dict(test_cfg=_base_.lvis_test_cfg)
