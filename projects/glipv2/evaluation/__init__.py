"""Metrics that mmdet lacks."""

from .caption_metric import CaptionMetric
from .phrase_masks import PhraseCutMetric, PhraseRefSegMetric
from .vqa_metric import VQAMetric

__all__ = [
    'CaptionMetric',
    'PhraseCutMetric',
    'PhraseRefSegMetric',
    'VQAMetric',
]
