"""Backbones that mmdet lacks."""
