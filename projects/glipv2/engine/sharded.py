"""Training with parameters, gradients and optimiser states divided among processes."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from mmengine._strategy import FSDPStrategy
from mmengine.device import get_device
from mmengine.optim import BaseOptimWrapper
from mmengine.registry import STRATEGIES
from torch import Tensor, nn
from torch.distributed.fsdp import FullyShardedDataParallel
from torch.distributed.fsdp.wrap import transformer_auto_wrap_policy

from .checked_weights import check_all_weights

# Text layers of transformers: captions call what is in them (causal_reading.py).
READ_IN_PARTS = ('BertLayer', 'RobertaLayer', 'XLMRobertaLayer')
FSDP_PREFIX = '_fsdp_wrapped_module.'  # in parameter names of divided modules


@STRATEGIES.register_module()
class ShardedStrategy(FSDPStrategy):
    """mmengine's ``FSDPStrategy``, corrected where it fails on this model.

    Scalar parameters (scales, temperatures), which FSDP refuses, get an axis;
    gradients are clipped by the norm of all processes' parts, not of a process's own;
    weights are found by name and read safely; and a checkpoint's optimiser state is
    read with the arguments of PyTorch 2.1 and later. Weights in checkpoints are those
    of the model that is not divided.

    Args:
        units: Names of classes. Each module of such a class is gathered only while it
            runs, all other parameters during the whole step. Only classes that are
            always called, ``module(...)``: not the detector's own parts, whose other
            methods are used, too, nor BERT's layers, which captions read in parts.
        model_wrapper: Further settings of :class:`DividedModel`.
        **kwargs: As for ``FSDPStrategy``, without ``state_dict_cfg``.
    """

    def __init__(
        self,
        units: Sequence[str] = (),
        model_wrapper: dict | None = None,
        **kwargs: Any,
    ) -> None:
        # Without the original parameters, biases and parts could have no learning
        # rates of their own.
        wrapper = dict(
            type='DividedModel',
            use_orig_params=True,
            **(model_wrapper or {}),
        )
        if get_device() == 'cpu':  # mmengine names a GPU
            wrapper['device_id'] = torch.device('cpu')
        super().__init__(model_wrapper=wrapper, state_dict_cfg='full', **kwargs)
        # Gathered tensors are moved to the CPU to be saved. Where they are there
        # already, nothing would be copied, and FSDP overwrites or frees them.
        for config in (self.state_dict_config, self.optim_state_dict_config):
            config.offload_to_cpu = get_device() != 'cpu'
        check_all_weights()
        self.units = tuple(units)
        self.scalars: list[str] = []

    def _wrap_model(self, model: nn.Module) -> nn.Module:
        classes = {type(module).__name__: type(module) for module in model.modules()}
        unknown = [name for name in self.units if name not in classes]
        if unknown:
            raise ValueError(
                f'units names {", ".join(unknown)}, but the model has no module of '
                'such a class'
            )
        own = {type(part).__name__ for part in model.children()}
        parts = [name for name in self.units if name in own or name in READ_IN_PARTS]
        if parts:
            raise ValueError(
                f'units names {", ".join(parts)}, whose parameters are used without '
                'a call of the module; name classes inside of it (FusionBlock, '
                'SwinBlock, ClipLayer)'
            )
        # A function: mmengine wants to call it, which PyTorch 2.1's policies of the
        # same meaning, those of ModuleWrapPolicy, do not allow.
        self.model_wrapper['auto_wrap_policy'] = partial(
            transformer_auto_wrap_policy,
            transformer_layer_cls={classes[name] for name in self.units},
        )
        for name, parameter in model.named_parameters():
            if parameter.ndim == 0:
                parameter.data = parameter.data.reshape(1)
                self.scalars.append(name)
        return super()._wrap_model(model)

    def build_optim_wrapper(
        self, optim_wrapper: Any, model: nn.Module | None = None
    ) -> BaseOptimWrapper:
        """Build the optimiser of the divided model.

        Returns:
            It, clipping by the norm of all processes' gradients.
        """
        wrapper = super().build_optim_wrapper(optim_wrapper, model)
        if getattr(wrapper, 'clip_func', None) is torch.nn.utils.clip_grad_norm_:
            wrapper.clip_func = partial(_clip_all, model)
        return wrapper

    def model_state_dict(self) -> dict[str, Tensor]:
        """Gather the weights.

        Returns:
            Those of the undivided model on the first process, nothing on others.
        """
        state = super().model_state_dict()
        for name in self.scalars:
            if name in state:
                state[name] = state[name].reshape(())
        return state

    def load_model_state_dict(
        self, state_dict: dict[str, Tensor], *, strict: bool = False, **kwargs: Any
    ) -> None:
        """Divide weights among the processes; warn of missing and unexpected ones.

        Args:
            state_dict: Of the undivided model.
            strict: Whether none may be missing or left over.
            **kwargs: Not used; mmengine's ``FSDPStrategy`` takes them, too.
        """
        shaped = {
            name: value.reshape(1) if name in self.scalars else value
            for name, value in state_dict.items()
        }
        found = self.model.load_state_dict(shaped, strict=strict)
        for what, names in (
            ('lacks', found.missing_keys),
            ('has, but the model has not,', found.unexpected_keys),
        ):
            if names:
                shown = ', '.join(name.replace(FSDP_PREFIX, '') for name in names[:5])
                self.logger.warning(
                    f'the checkpoint {what} {len(names)} weights: {shown} ...'
                )

    def optim_state_dict(self) -> dict:
        """Gather the optimiser's state.

        Returns:
            That of the undivided model by parameter names on the first process, and
            the loss scale and whatever else the optimiser's wrapper keeps.
        """
        gathered = FullyShardedDataParallel.optim_state_dict(
            self.model, self.optim_wrapper.optimizer
        )
        return {**self.optim_wrapper.state_dict(), **gathered}

    def load_optim_state_dict(self, state_dict: dict) -> None:
        """Divide a checkpoint's optimiser state among the processes.

        Args:
            state_dict: As :meth:`optim_state_dict` gives it.
        """
        gathered = {key: state_dict[key] for key in ('state', 'param_groups')}
        divided = FullyShardedDataParallel.optim_state_dict_to_load(
            model=self.model,
            optim=self.optim_wrapper.optimizer,
            optim_state_dict=gathered,
        )
        self.optim_wrapper.load_state_dict({**state_dict, **divided})


def _clip_all(
    model: FullyShardedDataParallel, parameters: list[Tensor], **kwargs: Any
) -> Tensor:
    """Clip as ``torch.nn.utils.clip_grad_norm_`` would in an undivided model."""
    return model.clip_grad_norm_(**kwargs)
