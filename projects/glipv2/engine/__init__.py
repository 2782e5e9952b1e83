"""Hooks and checkpoint reading."""

from .checkpoint_guard import CheckpointGuard
from .seed_each_step import SeedEachStep
from .sharded import ShardedStrategy

__all__ = ['CheckpointGuard', 'SeedEachStep', 'ShardedStrategy']
