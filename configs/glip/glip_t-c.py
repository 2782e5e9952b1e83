"""GLIP-T (C): as (B), trained on Objects365 and GoldG; only the weights differ."""

_base_ = './glip_t-b.py'
