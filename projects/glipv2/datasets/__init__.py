"""Data sets, samplers and transforms for images with text."""

from .available_datasets import AvailableDatasets
from .coco_karpathy import CocoKarpathyDataset
from .coco_text import CocoTextDataset
from .described import DescribedDataset
from .flickr_phrases import FlickrPhrasesDataset
from .lvis_text import LvisTextDataset
from .mixed import MixedDataset, MixtureSampler
from .odvg_stream import StreamingODVGDataset
from .omnilabel import OmniLabelDataset
from .phrasecut import PhraseCutDataset
from .transforms.ask_names import AskNames
from .transforms.describe_image import DescribeImage
from .transforms.detection_prompt import SampleDetectionPrompt
from .transforms.hide_answer import HideAnswer
from .transforms.load_image import LoadImage
from .transforms.load_masks import LoadTextMasks
from .transforms.mixing import OneText
from .transforms.pack import PackTextDetInputs
from .transforms.pack_captions import PackCaptions
from .transforms.resize import FixScaleResize, Resize
from .transforms.show_examples import ShowExamples
from .vqa import VQADataset

__all__ = [
    'AskNames',
    'AvailableDatasets',
    'CocoKarpathyDataset',
    'CocoTextDataset',
    'DescribeImage',
    'DescribedDataset',
    'FixScaleResize',
    'FlickrPhrasesDataset',
    'HideAnswer',
    'LoadImage',
    'LoadTextMasks',
    'LvisTextDataset',
    'MixedDataset',
    'MixtureSampler',
    'OmniLabelDataset',
    'OneText',
    'PackCaptions',
    'PackTextDetInputs',
    'PhraseCutDataset',
    'Resize',
    'SampleDetectionPrompt',
    'ShowExamples',
    'StreamingODVGDataset',
    'VQADataset',
]
