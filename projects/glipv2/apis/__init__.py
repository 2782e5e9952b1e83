"""Using trained models from Python."""

from .hf.model import GLIPv2ForObjectDetection
from .hf.processor import GLIPv2Processor
from .inference import init_model, predict_entries
from .inferencer import GLIPv2Inferencer
from .model_card import Card, Figure
from .pretrained import from_pretrained, push_to_hub, save_pretrained

__all__ = [
    'Card',
    'Figure',
    'GLIPv2ForObjectDetection',
    'GLIPv2Inferencer',
    'GLIPv2Processor',
    'from_pretrained',
    'init_model',
    'predict_entries',
    'push_to_hub',
    'save_pretrained',
]
