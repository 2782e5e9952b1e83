"""GLIPv2 for mmdetection: importing it adds its parts to mmdet's registries."""

from .environment import check_environment
from .later import imported_later
from .quiet import quiet_imports

with imported_later():
    # Before the parts: they import the packages that are checked.
    check_environment()
    with quiet_imports():
        from . import datasets, drawing, engine, evaluation, models
from .version import __version__

__all__ = ['__version__', 'datasets', 'drawing', 'engine', 'evaluation', 'models']
