"""A model divided among processes (FSDP), which is whole while it predicts."""

from collections.abc import Iterator
from contextlib import contextmanager

from mmdet.structures import SampleList
from mmengine.model.wrappers import MMFullyShardedDataParallel
from mmengine.registry import MODEL_WRAPPERS
from torch import nn
from torch.distributed.fsdp import FullyShardedDataParallel


@MODEL_WRAPPERS.register_module()
class DividedModel(MMFullyShardedDataParallel):
    """mmengine's wrapper, whose units wait for no other process in a prediction.

    A unit gathers its parameters when it is called, so all processes have to call it
    equally often. Captions of different lengths and class lists of different numbers
    of prompts do not; a batch of a test therefore gathers all parameters once.
    """

    def val_step(self, data: dict) -> SampleList:
        """Predict a batch of the validation; as :meth:`test_step`."""
        return self.test_step(data)

    def test_step(self, data: dict) -> SampleList:
        """Predict a batch of a test."""
        with whole(self):
            return self.module.test_step(data)


@contextmanager
def whole(model: FullyShardedDataParallel) -> Iterator[None]:
    """Gather a divided model's parameters, and call its units without their wrappers.

    Args:
        model: The divided model; every process has to call this.
    """
    units = [
        (parent, name, child)
        for parent in model.module.modules()
        for name, child in parent.named_children()
        if isinstance(child, FullyShardedDataParallel)
    ]
    with FullyShardedDataParallel.summon_full_params(model, writeback=False):
        try:
            for parent, name, child in units:
                _put(parent, name, child.module)
            yield
        finally:
            for parent, name, child in units:
                _put(parent, name, child)


def _put(parent: nn.Module, name: str, child: nn.Module) -> None:
    # setattr() of a wrapper would set an attribute of the wrapped module.
    parent._modules[name] = child
