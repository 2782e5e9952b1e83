"""Heads on the pixels of boxes."""
