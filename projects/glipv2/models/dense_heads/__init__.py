"""Heads on all locations of the pyramid."""
