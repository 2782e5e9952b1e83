"""One line at the start of a run, and one at its end."""

from pathlib import Path

from mmdet.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner, find_latest_checkpoint
from torch.utils.data import DataLoader


@HOOKS.register_module()
class StartAndEnd(Hook):
    """Says what a run is about to do, and afterwards where its files are."""

    priority = 'VERY_LOW'

    def before_train(self, runner: Runner) -> None:
        """Say what is trained, on how much."""
        what = f'training {_describe(runner, runner.train_dataloader)}'
        steps = f'{runner.max_iters - runner.iter} steps'
        if runner.iter:
            steps += f', resumed after step {runner.iter}'
        runner.logger.info(f'{what}, {steps}; {_log_of(runner)}')

    def after_train(self, runner: Runner) -> None:
        """Say where the last checkpoint is, and what uses it."""
        checkpoint = find_latest_checkpoint(runner.work_dir)
        if checkpoint is None:
            runner.logger.info(f'trained; the files are in {runner.work_dir}')
            return
        runner.logger.info(
            f'trained: {checkpoint}; use it: glipv2 detect IMAGE --text NAMES --model '
            f'{checkpoint}'
        )

    def before_test(self, runner: Runner) -> None:
        """Say what is tested, on how much."""
        what = f'testing {_describe(runner, runner.test_dataloader)}'
        runner.logger.info(f'{what}; {_log_of(runner)}')

    def after_test(self, runner: Runner) -> None:
        """Say where the figures are."""
        runner.logger.info(f'tested; the files are in {runner.work_dir}')


def _describe(runner: Runner, loader: DataLoader) -> str:
    model = runner.model
    model = model.module if is_model_wrapper(model) else model
    device = next(model.parameters()).device
    kind = type(model).__name__
    return f'{kind} on {device}: {len(loader.dataset)} samples'


def _log_of(runner: Runner) -> str:
    return f'full log: {Path(runner.log_dir) / runner.timestamp}.log'
