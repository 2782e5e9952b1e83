"""Linear probing: 1e-4, weight decay 0.05 (GLIP appendix)."""

_base_ = './transfer.py'
