"""Hooks, training strategies and what command lines share."""

from .bfloat16_optim_wrapper import Bfloat16OptimWrapper
from .divided_model import DividedModel
from .hooks.benchmark_report import BenchmarkReport
from .hooks.check_examples import CheckExamples
from .hooks.check_images import CheckImages
from .hooks.checkpoint_guard import CheckpointGuard
from .hooks.compute_precision import ComputePrecision
from .hooks.count_skipped import CountSkipped
from .hooks.draw_predictions import DrawPredictions
from .hooks.finetune_report import FinetuneReport
from .hooks.keep_checkpoints import KeepCheckpoints
from .hooks.prompt_file import WritePromptFile
from .hooks.safe_checkpoints import SafeCheckpoints
from .hooks.seed_each_step import SeedEachStep
from .hooks.stop_on_signal import StopOnSignal
from .hooks.timely_logger import TimelyLogger
from .sharded import ShardedStrategy

__all__ = [
    'BenchmarkReport',
    'Bfloat16OptimWrapper',
    'CheckExamples',
    'CheckImages',
    'CheckpointGuard',
    'ComputePrecision',
    'CountSkipped',
    'DividedModel',
    'DrawPredictions',
    'FinetuneReport',
    'KeepCheckpoints',
    'SafeCheckpoints',
    'SeedEachStep',
    'ShardedStrategy',
    'StopOnSignal',
    'TimelyLogger',
    'WritePromptFile',
]
