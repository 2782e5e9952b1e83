"""GLIP-T on ODinW-35, zero-shot (docs/benchmarks.md)."""

_base_ = [
    '../_base_/models/glip_swin-t_bert.py',
    '../_base_/datasets/odinw35.py',
    '../_base_/benchmark.py',
]
