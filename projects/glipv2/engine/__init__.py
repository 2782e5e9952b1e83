"""Hooks and checkpoint reading."""

from .checkpoint_guard import CheckpointGuard
from .seed_each_step import SeedEachStep

__all__ = ['CheckpointGuard', 'SeedEachStep']
