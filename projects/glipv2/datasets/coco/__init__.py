"""COCO annotation files: read, checked and normalised once, for all that use them."""

from .file import CocoFile, check_content, read_coco_file
from .findings import Fault

__all__ = ['CocoFile', 'Fault', 'check_content', 'read_coco_file']
