"""Heads on the fused words."""
