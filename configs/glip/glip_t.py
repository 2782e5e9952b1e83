"""GLIP-T: as (C), trained also on Cap4M; only the weights differ."""

_base_ = './glip_t-b.py'
