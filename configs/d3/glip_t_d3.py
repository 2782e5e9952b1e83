"""GLIP-T on D3: objects by descriptions, zero-shot (docs/benchmarks.md)."""

_base_ = [
    '../_base_/models/glip_swin-t_bert.py',
    '../_base_/datasets/d3.py',
    '../_base_/benchmark.py',
]
