"""Hooks and checkpoint reading."""

from .checkpoint_guard import CheckpointGuard

__all__ = ['CheckpointGuard']
