"""TimelyLogger: progress every few seconds, however slow a step is."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic

from mmdet.registry import HOOKS
from mmengine.hooks import LoggerHook
from mmengine.runner import IterBasedTrainLoop, Runner


@HOOKS.register_module()
class TimelyLogger(LoggerHook):
    """mmengine's ``LoggerHook``, which also logs when some time has passed.

    With an interval of 50 steps nothing is seen of the first minutes on a CPU, nor of
    a short test. Scores of validations are written by step where the loop counts steps;
    mmengine writes all of them at epoch 0 then.

    Args:
        seconds: Most seconds between two lines, up to the end of a step.
        log_metric_by_epoch: Whether scores are written by epoch; None: as the loop
            counts.
        **kwargs: As for ``LoggerHook``: ``interval`` (in steps) and others.

    Raises:
        ValueError: If ``seconds`` is not positive.
    """

    def __init__(
        self, seconds: float = 15.0, log_metric_by_epoch: bool | None = None, **kwargs
    ) -> None:
        if not seconds > 0:
            raise ValueError(f'seconds must be positive, but it is {seconds}')
        super().__init__(log_metric_by_epoch=log_metric_by_epoch, **kwargs)
        self.seconds = seconds
        self._last = monotonic()

    def before_train(self, runner: Runner) -> None:
        """Start the clock, and see how the loop counts."""
        super().before_train(runner)
        if self.log_metric_by_epoch is None:
            steps = isinstance(runner.train_loop, IterBasedTrainLoop)
            self.log_metric_by_epoch = not steps
        self._last = monotonic()

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Log a training step if it is its turn or time."""
        with self._in_time(batch_idx):
            super().after_train_iter(runner, batch_idx, data_batch, outputs)

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: Sequence | None = None,
    ) -> None:
        """Log a validation step if it is its turn or time."""
        with self._in_time(batch_idx):
            super().after_val_iter(runner, batch_idx, data_batch, outputs)

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: Sequence | None = None,
    ) -> None:
        """Log a test step if it is its turn or time."""
        with self._in_time(batch_idx):
            super().after_test_iter(runner, batch_idx, data_batch, outputs)

    @contextmanager
    def _in_time(self, batch_idx: int) -> Iterator[None]:
        """Log every step while a line is due."""
        interval = self.interval
        if monotonic() - self._last >= self.seconds:
            self.interval = 1
        if self.every_n_inner_iters(batch_idx, self.interval):
            self._last = monotonic()
        try:
            yield
        finally:
            self.interval = interval
