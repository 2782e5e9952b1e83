"""Data sets, samplers and transforms for images with text."""

from .available_datasets import AvailableDatasets
from .coco_karpathy import CocoKarpathyDataset
from .coco_text import CocoTextDataset
from .detection_prompt import SampleDetectionPrompt
from .flickr_phrases import FlickrPhrasesDataset
from .hide_answer import HideAnswer
from .load_image import LoadImage
from .load_masks import LoadTextMasks
from .mixed import MixedDataset, MixtureSampler
from .mixing import OneText
from .odvg_stream import StreamingODVGDataset
from .pack import PackTextDetInputs
from .pack_captions import PackCaptions
from .phrasecut import PhraseCutDataset
from .vqa import VQADataset

__all__ = [
    'AvailableDatasets',
    'CocoKarpathyDataset',
    'CocoTextDataset',
    'FlickrPhrasesDataset',
    'HideAnswer',
    'LoadImage',
    'LoadTextMasks',
    'MixedDataset',
    'MixtureSampler',
    'OneText',
    'PackCaptions',
    'PackTextDetInputs',
    'PhraseCutDataset',
    'SampleDetectionPrompt',
    'StreamingODVGDataset',
    'VQADataset',
]
