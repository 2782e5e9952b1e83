"""GLIPv2-T on RefCOCO, RefCOCO+ and RefCOCOg, zero-shot (docs/benchmarks.md)."""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert.py',
    '../_base_/datasets/refcoco_boxes.py',
    '../_base_/benchmark.py',
]
