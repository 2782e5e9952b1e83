"""Measurements, and comparisons with other models and between devices."""
