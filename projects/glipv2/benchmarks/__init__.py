"""Comparisons with other models and between devices."""
