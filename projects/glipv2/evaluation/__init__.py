"""Metrics that mmdet lacks."""

from .phrase_masks import PhraseCutMetric, PhraseRefSegMetric
from .streaming_lvis_metric import StreamingLVISMetric

__all__ = ['PhraseCutMetric', 'PhraseRefSegMetric', 'StreamingLVISMetric']
