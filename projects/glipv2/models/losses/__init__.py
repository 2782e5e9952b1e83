"""Losses of pre-training, and what they see of a batch."""
