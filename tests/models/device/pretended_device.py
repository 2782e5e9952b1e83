"""A device of its own name whose tensors are held by the CPU.

Tensors on it carry real values, so that code which depends on them runs (assignment,
suppression, search), and say of themselves that they are elsewhere, so that whatever
would fail on an accelerator fails here: an operation on tensors of two devices, a
device tensor as an array. ``is_cuda`` is true, and branches for CUDA are taken.
"""

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from unittest.mock import patch

import torch
from mmengine.structures import instance_data
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = 'pretended'
CPU, DEVICE = torch.device('cpu'), f'{NAME}:0'
aten = torch.ops.aten
COPIES = (aten._to_copy.default, aten.copy_.default)
# What CUDA's kernels accept beside tensors on the device: CPU scalars, and indices,
# which are copied.
TAKES_VALUE = (
    aten.masked_fill, aten.masked_fill_, aten.index_put, aten.index_put_,
    aten._index_put_impl_,
)  # fmt: skip
TAKES_INDICES = (
    aten.index, aten.index_put, aten.index_put_, aten._index_put_impl_,
)  # fmt: skip


class MixedDevicesError(RuntimeError):
    """An operation got tensors of two devices."""


class PretendedTensor(torch.Tensor):
    """A tensor of the pretended device.

    Args:
        held: Its values, on the CPU and without gradient.
    """

    held: Tensor
    is_cuda = True
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, held: Tensor) -> 'PretendedTensor':
        made = torch.Tensor._make_wrapper_subclass(
            cls, held.shape, strides=held.stride(), dtype=held.dtype, device=DEVICE,
            storage_offset=held.storage_offset(),
        )  # fmt: skip
        made.held = held
        return made

    def __tensor_flatten__(self) -> tuple[list[str], None]:
        """Mark this as a wrapper for ``Module.to``."""
        return ['held'], None

    @staticmethod
    def __tensor_unflatten__(parts: dict, *_: object) -> 'PretendedTensor':
        return PretendedTensor(parts['held'])

    @classmethod
    def __torch_dispatch__(
        cls, operator: Callable, _: object, args: tuple = (), kwargs: dict | None = None
    ) -> object:
        return run(operator, args, kwargs or {})

    def __repr__(self, **_: object) -> str:
        return f'{self.device} {self.held}'

    def numpy(self, *_: object, **__: object) -> None:
        raise TypeError(f"can't convert {self.device} tensor to numpy; use .cpu()")

    def __array__(self, *_: object) -> None:
        self.numpy()

    def tolist(self) -> object:
        return self.detach().cpu().tolist()

    def data_ptr(self) -> int:
        return self.held.data_ptr()


@dataclass(frozen=True)
class Event:
    """A tensor that a call of torch brought to the device, or made on the CPU.

    Args:
        kind: ``'made'``: on the CPU, of no tensor; ``'sent'``: a tensor of the CPU was
            copied to the device; ``'listed'``: Python's numbers were.
        function: What was called (``'to'``, ``'new_tensor'``).
        place: File and line of the innermost caller outside torch.
    """

    kind: str
    function: str
    place: str


class Watch(TorchFunctionMode):
    """Runs all operations of its block by :func:`run` and notes what they did."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self._operations = Operations()

    def __enter__(self) -> 'Watch':
        # torch.tensor(..., device=...) then copies where a mode sees it.
        torch._C._set_only_lift_cpu_tensors(True)
        self._operations.__enter__()
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._operations.__exit__(*error)
        torch._C._set_only_lift_cpu_tensors(False)

    def __torch_function__(
        self,
        function: Callable,
        _: object,
        args: tuple = (),
        kwargs: dict | None = None,
    ) -> object:
        kwargs = kwargs or {}
        given = tensors_in((args, kwargs))
        self._operations.copied = False
        result = function(*args, **kwargs)
        kind = None
        if self._operations.copied:
            kind = 'sent' if any(is_here(x) and x.dim() for x in given) else 'listed'
        elif not given and any(is_here(x) for x in tensors_in(result)):
            kind = 'made'
        if kind is not None:
            self.events.append(Event(kind, function.__name__, calling_place()))
        return result


class Operations(TorchDispatchMode):
    """Runs operations by :func:`run`.

    Attributes:
        copied: Set when a tensor of the CPU went to the device.
    """

    copied = False

    def __torch_dispatch__(
        self,
        operator: Callable,
        _: object,
        args: tuple = (),
        kwargs: dict | None = None,
    ) -> object:
        kwargs = kwargs or {}
        result = run(operator, args, kwargs)
        given = tensors_in((args, kwargs))
        here = [is_here(x) for x in given]
        if operator in COPIES:
            self.copied |= here[-1] and not is_here(tensors_in(result)[0])
        elif not all(here):
            self.copied |= any(x.dim() for x, on_cpu in zip(given, here) if on_cpu)
        return result


def run(operator: Callable, args: tuple, kwargs: dict) -> object:
    """Run an operator on the values that its tensors hold.

    Args:
        operator: As torch dispatches it.
        args: Its arguments, tensors of both devices among them.
        kwargs: Its named arguments.

    Returns:
        Its result; tensors are on the device that is asked for, else on that of the
        arguments.

    Raises:
        MixedDevicesError: If tensors of two devices meet where CUDA refuses that.
    """
    given = tensors_in((args, kwargs))
    away = any(not is_here(x) for x in given)
    if away and operator not in COPIES:
        refuse_mixture(operator, args, given)
    asked = kwargs.get('device')
    if asked is not None:
        away = torch.device(asked).type == NAME
        kwargs = {**kwargs, 'device': CPU}
    elif operator is aten.copy_.default:
        away = not is_here(args[0])
    own = {id(x.held): x for x in given if not is_here(x)}
    result = operator(*tree_map(values, args), **tree_map(values, kwargs))
    for wrapper in own.values():
        if wrapper.held.shape != wrapper.shape:
            raise NotImplementedError(f'{operator} changes a shape in place')
    if not away:
        return result
    return tree_map(lambda x: own.get(id(x)) if id(x) in own else wrapped(x), result)


def refuse_mixture(operator: Callable, args: tuple, given: list[Tensor]) -> None:
    """Raise if tensors of the CPU are among tensors of the device."""
    packet = getattr(operator, 'overloadpacket', None)
    allowed: set[int] = set()
    if torch.Tag.pointwise in operator.tags or packet in TAKES_VALUE:
        allowed |= {id(x) for x in given if x.dim() == 0}
    if packet in TAKES_INDICES and not is_here(args[0]):
        allowed |= {id(x) for x in tensors_in(args[1])}
    mixed = [x for x in given if is_here(x) and id(x) not in allowed]
    if mixed:
        raise MixedDevicesError(
            f'{operator} at {calling_place()} got a CPU tensor {tuple(mixed[0].shape)} '
            f'among tensors of {DEVICE}'
        )


@contextmanager
def known_to_openmmlab() -> Iterator[None]:
    """Let mmcv's compiled operators and mmengine's structures take the tensors.

    The operators are called below torch's dispatcher, so each becomes one that wants
    all its tensors on one device and runs on the values. ``InstanceData`` names the
    types of its indices by device.
    """
    module = importlib.import_module('mmcv._ext')
    names = [name for name in dir(module) if not name.startswith('_')]
    kernels = {
        name: on_one_device(getattr(module, name))
        for name in names
        if callable(getattr(module, name))
    }
    types = dict(
        IndexType=instance_data.IndexType | PretendedLong | PretendedBool,
        BoolTypeTensor=instance_data.BoolTypeTensor | PretendedBool,
    )
    with patch.multiple(module, **kernels), patch.multiple(instance_data, **types):
        yield


class OfType(type):
    """The type of tensors of the device and a dtype, like ``torch.BoolTensor``."""

    dtype: torch.dtype

    def __instancecheck__(cls, x: object) -> bool:
        return isinstance(x, PretendedTensor) and x.dtype == cls.dtype


class PretendedLong(metaclass=OfType):
    """An index."""

    dtype = torch.long


class PretendedBool(metaclass=OfType):
    """A mask."""

    dtype = torch.bool


def on_one_device(kernel: Callable) -> Callable:
    """Wrap a compiled function so that it runs on the pretended device, too."""

    @wraps(kernel)
    def call(*args: object, **kwargs: object) -> object:
        given = tensors_in((args, kwargs))
        away = [x for x in given if not is_here(x)]
        if away and len(away) < len(given):
            raise MixedDevicesError(
                f'mmcv {kernel.__name__} got tensors of two devices at '
                f'{calling_place()}'
            )
        with _disable_current_modes():  # its own tensors are not counted
            result = kernel(*tree_map(values, args), **tree_map(values, kwargs))
        return tree_map(wrapped, result) if away else result

    return call


def register() -> None:
    """Register the device with torch; once per process and irrevocably."""
    if not hasattr(torch, NAME):
        _setup_privateuseone_for_python_backend(NAME, DeviceModule())


class DeviceModule:
    """What torch asks the module of a device, ``torch.<name>``."""

    def is_initialized(self) -> bool:
        return True

    def is_available(self) -> bool:
        return True

    def current_device(self) -> int:
        return 0

    def device_count(self) -> int:
        return 1

    def _is_in_bad_fork(self) -> bool:
        return False

    def manual_seed_all(self, seed: int) -> None:
        """Random numbers come from the CPU's generator, which is seeded elsewhere."""

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.float16, torch.bfloat16]

    def get_rng_state(self, _: object = 0) -> Tensor:
        return torch.get_rng_state()

    def set_rng_state(self, state: Tensor, _: object = 0) -> None:
        torch.set_rng_state(state)

    @contextmanager
    def device(self, _: object) -> Iterator[None]:
        yield


def tensors_in(tree: object) -> list[Tensor]:
    """List the tensors of nested containers."""
    return [x for x in tree_leaves(tree) if isinstance(x, Tensor)]


def is_here(tensor: Tensor) -> bool:
    """Tell whether a tensor is a common one, on the CPU."""
    return not isinstance(tensor, PretendedTensor)


def values(x: object) -> object:
    """Unwrap a tensor of the device; return anything else as it is."""
    return x.held if isinstance(x, PretendedTensor) else x


def wrapped(x: object) -> object:
    """Wrap a tensor for the device; return anything else as it is."""
    return PretendedTensor(x) if isinstance(x, Tensor) else x


def calling_place() -> str:
    """Name file and line of the innermost frame outside torch and this module."""
    skipped = (str(Path(torch.__file__).parent), __file__)
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(skipped):
        frame = frame.f_back
    if frame is None:
        return 'the backward pass'
    parts = Path(frame.f_code.co_filename).parts
    start = parts.index('glipv2') if 'glipv2' in parts else -3
    return f'{"/".join(parts[start:])}:{frame.f_lineno}'
