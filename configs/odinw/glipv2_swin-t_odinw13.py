"""GLIPv2-T on ODinW-13, zero-shot (docs/benchmarks.md)."""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert.py',
    '../_base_/datasets/odinw13.py',
    '../_base_/benchmark.py',
]
