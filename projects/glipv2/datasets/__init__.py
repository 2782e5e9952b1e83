"""Data sets, samplers and transforms for images with text."""

from .ask_names import AskNames
from .available_datasets import AvailableDatasets
from .coco_karpathy import CocoKarpathyDataset
from .coco_text import CocoTextDataset
from .detection_prompt import SampleDetectionPrompt
from .flickr_phrases import FlickrPhrasesDataset
from .hide_answer import HideAnswer
from .load_image import LoadImage
from .load_masks import LoadTextMasks
from .lvis_text import LvisTextDataset
from .mixed import MixedDataset, MixtureSampler
from .mixing import OneText
from .odvg_stream import StreamingODVGDataset
from .pack import PackTextDetInputs
from .pack_captions import PackCaptions
from .phrasecut import PhraseCutDataset
from .resize import FixScaleResize, Resize
from .vqa import VQADataset

__all__ = [
    'AskNames',
    'AvailableDatasets',
    'CocoKarpathyDataset',
    'CocoTextDataset',
    'FixScaleResize',
    'FlickrPhrasesDataset',
    'HideAnswer',
    'LoadImage',
    'LoadTextMasks',
    'LvisTextDataset',
    'MixedDataset',
    'MixtureSampler',
    'OneText',
    'PackCaptions',
    'PackTextDetInputs',
    'PhraseCutDataset',
    'Resize',
    'SampleDetectionPrompt',
    'StreamingODVGDataset',
    'VQADataset',
]
