"""Videos: frames in, an annotated video and JSON lines out."""

from .annotate import annotate_video
from .read import open_video

__all__ = ['annotate_video', 'open_video']
