"""GLIPv2 for mmdetection: importing it adds its parts to mmdet's registries."""

from .environment import check_environment

# Before the parts: they import the packages that are checked.
check_environment()

from . import datasets, drawing, engine, evaluation, models  # noqa: E402
from .version import __version__  # noqa: E402

__all__ = ['__version__', 'datasets', 'drawing', 'engine', 'evaluation', 'models']
