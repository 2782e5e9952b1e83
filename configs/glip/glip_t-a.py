"""GLIP-T (A): late fusion, words and image meet only in the head; Objects365."""

_base_ = './glip_t-b.py'

model = dict(fusion_neck=dict(early_fusion=False))
