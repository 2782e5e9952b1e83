"""Hooks, training strategies and what command lines share."""

from .benchmark_report import BenchmarkReport
from .check_images import CheckImages
from .checkpoint_guard import CheckpointGuard
from .count_skipped import CountSkipped
from .divided_model import DividedModel
from .draw_predictions import DrawPredictions
from .finetune_report import FinetuneReport
from .keep_checkpoints import KeepCheckpoints
from .prompt_file import WritePromptFile
from .safe_checkpoints import SafeCheckpoints
from .seed_each_step import SeedEachStep
from .sharded import ShardedStrategy
from .stop_on_signal import StopOnSignal

__all__ = [
    'BenchmarkReport',
    'CheckImages',
    'CheckpointGuard',
    'CountSkipped',
    'DividedModel',
    'DrawPredictions',
    'FinetuneReport',
    'KeepCheckpoints',
    'SafeCheckpoints',
    'SeedEachStep',
    'ShardedStrategy',
    'StopOnSignal',
    'WritePromptFile',
]
