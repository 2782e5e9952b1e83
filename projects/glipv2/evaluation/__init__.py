"""Metrics that mmdet lacks."""

from .phrase_masks import PhraseCutMetric, PhraseRefSegMetric

__all__ = ['PhraseCutMetric', 'PhraseRefSegMetric']
