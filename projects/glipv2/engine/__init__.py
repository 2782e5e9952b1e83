"""Hooks, training strategies and what command lines share."""

from .benchmark_report import BenchmarkReport
from .checkpoint_guard import CheckpointGuard
from .divided_model import DividedModel
from .finetune_report import FinetuneReport
from .prompt_file import WritePromptFile
from .seed_each_step import SeedEachStep
from .sharded import ShardedStrategy
from .timely_logger import TimelyLogger

__all__ = [
    'BenchmarkReport',
    'CheckpointGuard',
    'DividedModel',
    'FinetuneReport',
    'SeedEachStep',
    'ShardedStrategy',
    'TimelyLogger',
    'WritePromptFile',
]
