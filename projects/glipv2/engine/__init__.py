"""Hooks, training strategies and what command lines share."""

from .benchmark_report import BenchmarkReport
from .checkpoint_guard import CheckpointGuard
from .divided_model import DividedModel
from .finetune_report import FinetuneReport
from .keep_checkpoints import KeepCheckpoints
from .prompt_file import WritePromptFile
from .safe_checkpoints import SafeCheckpoints
from .seed_each_step import SeedEachStep
from .sharded import ShardedStrategy
from .stop_on_signal import StopOnSignal

__all__ = [
    'BenchmarkReport',
    'CheckpointGuard',
    'DividedModel',
    'FinetuneReport',
    'KeepCheckpoints',
    'SafeCheckpoints',
    'SeedEachStep',
    'ShardedStrategy',
    'StopOnSignal',
    'WritePromptFile',
]
