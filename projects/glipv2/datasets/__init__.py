"""Datasets and transforms that carry text."""

from .coco_karpathy import CocoKarpathyDataset
from .coco_text import CocoTextDataset
from .detection_prompt import SampleDetectionPrompt
from .divert_boxes import DivertBoxesToMask
from .flickr_phrases import FlickrPhrasesDataset
from .load_image import LoadImage
from .load_masks import LoadTextMasks
from .mixed import DrawSampler, MixedDataset
from .odvg_stream import StreamingODVGDataset
from .pack import PackTextDetInputs
from .pack_captions import PackCaptions
from .phrasecut import PhraseCutDataset
from .present_datasets import PresentDatasets
from .vqa import VQADataset

__all__ = [
    'CocoKarpathyDataset',
    'CocoTextDataset',
    'DivertBoxesToMask',
    'DrawSampler',
    'FlickrPhrasesDataset',
    'LoadImage',
    'LoadTextMasks',
    'MixedDataset',
    'PackCaptions',
    'PackTextDetInputs',
    'PhraseCutDataset',
    'PresentDatasets',
    'SampleDetectionPrompt',
    'StreamingODVGDataset',
    'VQADataset',
]
