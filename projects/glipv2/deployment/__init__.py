"""Files that run without mmdet: ONNX and torch.export."""

from .export import ExportOptions, check_task, export_detector, export_vqa
from .exported_model import ExportedModel

__all__ = [
    'ExportOptions',
    'ExportedModel',
    'check_task',
    'export_detector',
    'export_vqa',
]
