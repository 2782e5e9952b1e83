"""GLIP-T: GLIPv2-T's parts, with the switches of the released weights."""

_base_ = ['./glipv2_swin-t_bert.py', '../released_glip.py']

model = _base_.released_glip
