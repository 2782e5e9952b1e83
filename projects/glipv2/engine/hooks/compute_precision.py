"""ComputePrecision: a test in bfloat16, when it was asked for."""

from mmdet.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from ..compute_in import check_precision, compute_in


@HOOKS.register_module()
class ComputePrecision(Hook):
    """Converts the weights before a test (``tools/test.py --precision``).

    Args:
        precision: As of :func:`~glipv2.engine.compute_in.compute_in`.

    Raises:
        ValueError: If there is no such precision.
    """

    def __init__(self, precision: str) -> None:
        self.precision = check_precision(precision)

    def before_test(self, runner: Runner) -> None:
        """Convert the model, which has its weights now."""
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        taken = compute_in(model.eval(), self.precision)
        runner.logger.info(f'computing in {taken}')
