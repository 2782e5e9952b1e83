"""Using trained models from Python."""

from .inference import init_model, predict_entries
from .inferencer import GLIPv2Inferencer

__all__ = ['GLIPv2Inferencer', 'init_model', 'predict_entries']
