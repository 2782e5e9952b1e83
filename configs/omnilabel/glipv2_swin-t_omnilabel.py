"""GLIPv2-T on OmniLabel: free descriptions, zero-shot (docs/benchmarks.md)."""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert.py',
    '../_base_/datasets/omnilabel.py',
    '../_base_/benchmark.py',
]

model = dict(test_cfg=_base_.omnilabel_prompts)
