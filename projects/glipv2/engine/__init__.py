"""Hooks and checkpoint reading."""

from .benchmark_report import BenchmarkReport
from .checkpoint_guard import CheckpointGuard
from .seed_each_step import SeedEachStep
from .sharded import ShardedStrategy

__all__ = ['BenchmarkReport', 'CheckpointGuard', 'SeedEachStep', 'ShardedStrategy']
