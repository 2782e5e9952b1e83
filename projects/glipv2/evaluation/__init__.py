"""Metrics that mmdet lacks, and CocoMetric, which takes the place of mmdet's."""

from .absent_name_metric import AbsentNameMetric
from .caption_metric import CaptionMetric
from .coco_metric import CocoMetric
from .dataset_means import DatasetMeansEvaluator
from .description_metric import DescriptionMetric
from .flickr30k_recall import Flickr30kRecall
from .grounded_caption_metric import GroundedCaptionMetric
from .omnilabel_metric import OmniLabelMetric
from .phrase_masks import PhraseCutMetric, PhraseRefSegMetric
from .referring_precision import ReferringPrecision
from .streaming_lvis_metric import StreamingLVISMetric
from .vqa_metric import VQAMetric

__all__ = [
    'AbsentNameMetric',
    'CaptionMetric',
    'CocoMetric',
    'DatasetMeansEvaluator',
    'DescriptionMetric',
    'Flickr30kRecall',
    'GroundedCaptionMetric',
    'OmniLabelMetric',
    'PhraseCutMetric',
    'PhraseRefSegMetric',
    'ReferringPrecision',
    'StreamingLVISMetric',
    'VQAMetric',
]
