"""Metrics that mmdet lacks."""

from .caption_metric import CaptionMetric
from .coco_text_metric import CocoTextMetric
from .dataset_means import DatasetMeansEvaluator
from .flickr30k_recall import Flickr30kRecall
from .phrase_masks import PhraseCutMetric, PhraseRefSegMetric
from .referring_precision import ReferringPrecision
from .streaming_lvis_metric import StreamingLVISMetric
from .vqa_metric import VQAMetric

__all__ = [
    'CaptionMetric',
    'CocoTextMetric',
    'DatasetMeansEvaluator',
    'Flickr30kRecall',
    'PhraseCutMetric',
    'PhraseRefSegMetric',
    'ReferringPrecision',
    'StreamingLVISMetric',
    'VQAMetric',
]
