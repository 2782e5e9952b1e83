"""Test-time augmentation, as in mmdet."""
