"""Using trained models from Python."""

from .inference import init_model, predict_entries, predict_images

__all__ = ['init_model', 'predict_entries', 'predict_images']
