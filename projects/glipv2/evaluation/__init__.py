"""Metrics that mmdet lacks."""

from .dataset_means import DatasetMeansEvaluator
from .flickr30k_recall import Flickr30kRecall
from .phrase_masks import PhraseCutMetric, PhraseRefSegMetric
from .referring_precision import ReferringPrecision
from .streaming_lvis_metric import StreamingLVISMetric

__all__ = [
    'DatasetMeansEvaluator',
    'Flickr30kRecall',
    'PhraseCutMetric',
    'PhraseRefSegMetric',
    'ReferringPrecision',
    'StreamingLVISMetric',
]
