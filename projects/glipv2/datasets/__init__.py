"""Datasets and transforms that carry text."""

from .coco_text import CocoTextDataset
from .detection_prompt import SampleDetectionPrompt
from .load_image import LoadImage
from .pack import PackTextDetInputs

__all__ = [
    'CocoTextDataset',
    'LoadImage',
    'PackTextDetInputs',
    'SampleDetectionPrompt',
]
