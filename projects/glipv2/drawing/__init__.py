"""Boxes, masks, names and sentences drawn on images, for every command and page."""

from .visualizer import PhraseVisualizer

__all__ = ['PhraseVisualizer']
