"""CheckExamples: refuse banks of examples that another model made."""

from mmdet.registry import HOOKS
from mmengine.dataset import Compose
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...datasets.transforms.show_examples import ShowExamples
from ...models.exemplars.identity import vision_identity
from ..bare_model import bare_model
from ..leaf_datasets import leaf_datasets


@HOOKS.register_module()
class CheckExamples(Hook):
    """Check before a run that the banks of its data sets are of its model.

    Queries of another model have the same shape and mean nothing.
    """

    def before_train(self, runner: Runner) -> None:
        """Check the training data's banks, and those of validation.

        Args:
            runner: mmengine's runner.

        Raises:
            FileNotFoundError: If a bank is missing.
            ValueError: If one is damaged or of another model.
        """
        for loop in (runner.train_loop, runner.val_loop):
            if loop is not None:
                _check(runner, loop.dataloader.dataset)

    def before_test(self, runner: Runner) -> None:
        """Check the test data's banks; see :meth:`before_train`."""
        _check(runner, runner.test_loop.dataloader.dataset)


def _check(runner: Runner, dataset: object) -> None:
    pipelines = [getattr(leaf, 'pipeline', None) for leaf in leaf_datasets(dataset)]
    steps = [
        step
        for pipeline in pipelines
        if isinstance(pipeline, Compose)
        for step in pipeline.transforms
        if isinstance(step, ShowExamples)
    ]
    if steps:
        model = vision_identity(bare_model(runner.model))
        for step in steps:
            step.check_model(model)
